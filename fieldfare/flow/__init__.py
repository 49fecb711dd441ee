"""What crosses rooms: the one transaction, delivery over the stores, lake loader, simulation. Rules are in rooms."""
