"""Families from a file: read (`reading`), its columns named (`columns`), each line understood (`lines`), compared with
what stands (`comparing`), written once an agent accepted the preview (`writing`).
"""
