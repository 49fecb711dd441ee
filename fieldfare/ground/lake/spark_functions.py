"""Functions that our expressions call by DuckDB's names, as Spark knows them: the one place for what differs by name.

Ibis writes the operations that both engines have; what it has none for is called as a function, and here each of those
is given its Spark body. A JSON text is read as a map of variants, so that any name can be asked for; what is no JSON
object has no values. What was found is read as a list, and by the path `$` as a text. Nothing is run here.
"""

_KEY = "replace(replace(substr(path, 2), '~1', '/'), '~0', '~')"
_AT = f"try_element_at(from_json(document, 'map<string,variant>'), {_KEY})"
_LIST = "try_variant_get(try_parse_json(document), '$', 'array<variant>')"
_ITEMS = f"transform({_LIST}, item -> to_json(item))"
_TEXT = f"try_variant_get(if(path = '$', try_parse_json(document), {_AT}), '$', 'string')"

FUNCTIONS = (
    f"json_extract(document STRING, path STRING) RETURNS STRING RETURN to_json({_AT})",
    f"json_extract_list(document STRING, path STRING) RETURNS ARRAY<STRING> RETURN {_ITEMS}",
    f"json_extract_string(document STRING, path STRING) RETURNS STRING RETURN {_TEXT}",
)
"""Bodies of temporary functions, each for ``CREATE TEMPORARY FUNCTION``."""
