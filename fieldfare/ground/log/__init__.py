"""The log: everything that was accepted, in order, until the lake has it and its retention ends.

It keeps opaque sealed bytes. It does not know what an event is, and it decides nothing.
"""
