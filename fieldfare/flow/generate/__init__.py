"""Generated worlds for the demo and for tests: a fitness network with a known truth, consent for real orders.

Everything made here is labelled as generated, in the events themselves (``context.generated``) and wherever it is
shown. Nothing here is used for a workspace of one's own.
"""
