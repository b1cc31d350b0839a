"""DynamoDB's typed attributes, for the values that are stored here: texts, whole numbers, truths, nothing, maps, lists."""

from typing import Any


def typed(value: Any) -> dict[str, Any]:
    """One value as DynamoDB takes it.

    Raises:
        TypeError: nothing of this type is stored.
    """
    match value:
        case str():
            return {"S": value}
        case bool():  # which is an int to Python
            return {"BOOL": value}
        case int():
            return {"N": str(value)}
        case None:
            return {"NULL": True}
        case dict():
            return {"M": {name: typed(inner) for name, inner in value.items()}}
        case list() | tuple():
            return {"L": [typed(inner) for inner in value]}
    raise TypeError(f"a {type(value).__name__} is not stored")


def untyped(attribute: dict[str, Any]) -> Any:
    """The value of one attribute."""
    ((kind, value),) = attribute.items()
    match kind:
        case "N":
            return int(value)
        case "M":
            return {name: untyped(inner) for name, inner in value.items()}
        case "L":
            return [untyped(inner) for inner in value]
        case "NULL":
            return None
    return value
