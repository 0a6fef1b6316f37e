"""Two later versions of the code, a column and an index each: one for the fleet's runner, one for django-tenants."""
