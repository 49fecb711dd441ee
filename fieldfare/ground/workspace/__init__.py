"""The workspace as files: read YAML with its lines, check it against structs, say everything that is wrong at once.

Generic and room-agnostic. ``fieldfare.flow.workspace`` knows which kinds of file exist and how they fit together.
"""
