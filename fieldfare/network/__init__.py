"""The network: the tree of places and the calendars that hold for them.

It knows where and when. It does not know who: no profile, no event.
"""
