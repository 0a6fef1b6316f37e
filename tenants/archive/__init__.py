"""A commune as one file: its rows as SQL and as tables that people read, its files, and a manifest with their sums.

`writing` makes the file, `reading` checks it before anything is believed, `loading` puts it into a schema just made.
Each of them reads and writes block by block: memory does not grow with the commune.
"""
