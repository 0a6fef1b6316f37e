"""The agents' pages about families, under /mairie/familles/."""
