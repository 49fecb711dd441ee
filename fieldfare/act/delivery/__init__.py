"""Delivery: render, judge, hand over, record; and the way out for the customer (unsubscribe)."""
