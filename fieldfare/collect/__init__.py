"""Collect: the front door. Requests and files come in, events or dead letters come out. It knows no profile.

``wire`` and ``strip`` look at bytes before anything is stored, ``routes`` appends them; ``parse`` and ``check`` turn a
log record into events or dead letters; ``load`` brings files. Each of them is tested alone.
"""
