"""The only place where implementations are chosen and joined: a workspace and a data folder become a running whole.

Constructors in order, no framework. ``stores`` opens what holds data, ``door`` joins the front door, ``installation``
everything else; they are apart because the door's process must stay small.
"""
