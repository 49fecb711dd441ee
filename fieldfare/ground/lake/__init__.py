"""The lake: columnar facts for analysis, previews, readouts and refolds. Knows tables as given; decides nothing."""
