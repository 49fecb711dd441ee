"""What crosses rooms: the one transaction, delivery over the stores, the lake loader, simulation. Rules live in the rooms."""
