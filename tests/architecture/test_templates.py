"""What templates read is there: every attribute, followed through loops, ``set`` and macros by the types of their view.

A small checker over Jinja's own syntax tree. What has no type of ours (texts, numbers, what was typed, what filters return) is
not followed; ``StrictUndefined`` still catches that when a page is rendered.
"""

import pkgutil
import sys
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache
from importlib import import_module
from types import NoneType, UnionType
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

import pytest
from jinja2 import nodes

from chalicelib import web
from chalicelib.mails.views import View
from chalicelib.templating import build_environment
from chalicelib.web.kit.page_view import Head, PageView
from chalicelib.web.sending import AnnouncementText

Shown = TypeVar("Shown", PageView, View)
Types = frozenset[Any]
"""What an expression may be, ``None`` left aside; empty: not known."""
UNKNOWN: Types = frozenset()
OF_JINJA = {"caller", "loop", "self", "super", "varargs", "kwargs"}
SAME_ITEMS = {"list", "sort", "reject", "rejectattr", "select", "selectattr"}


def views() -> list[type[PageView]]:
    """Return the view of each page, by template."""
    for module in pkgutil.walk_packages(web.__path__, "chalicelib.web."):
        import_module(module.name)
    return _with_template(PageView.__subclasses__())


def _with_template(classes: list[type[Shown]]) -> list[type[Shown]]:
    """Give the view classes that name a template; of a slotted dataclass, the one that replaced the first."""
    kept = [view for view in classes if getattr(sys.modules[view.__module__], view.__name__) is view]
    return sorted((view for view in kept if hasattr(view, "template")), key=lambda view: view.template)


def mail_views() -> list[type[View]]:
    """Return the view of each mail, by template."""
    classes = [View]
    for view in classes:
        classes += view.__subclasses__()
    return _with_template(classes)


def members_of_union(annotation: Any) -> Types:
    """Return the members of a union; of another annotation, itself."""
    if get_origin(annotation) in {Union, UnionType}:
        return frozenset(inner for member in get_args(annotation) for inner in members_of_union(member))
    return UNKNOWN if annotation in {Any, NoneType} else frozenset({annotation})


@cache
def members(record: type) -> dict[str, Types]:
    """Return the fields and properties of a class of ours, with their types."""
    if not getattr(record, "__module__", "").startswith("chalicelib") or get_origin(record):
        return {}
    properties = {name: value for name, value in vars(record).items() if isinstance(value, property)}
    returned = {name: get_type_hints(value.fget).get("return", Any) for name, value in properties.items()}
    return {
        name: members_of_union(annotation) for name, annotation in (get_type_hints(record) | returned).items()
    }


def items(types: Types) -> Types:
    """Return the types that a list, a tuple of any length or the values of a dict hold."""
    inner_types = [
        get_args(argument)[-1 if _is_dict(argument) else 0] for argument in types if get_args(argument)
    ]
    return frozenset(inner for annotation in inner_types for inner in members_of_union(annotation))


def _is_dict(annotation: Any) -> bool:
    """Return whether an annotation is of a dict."""
    origin: object = get_origin(annotation)
    return origin is dict


@dataclass
class Checker:
    """Reads one template with the types of its names; what macros read is checked where they are called."""

    faults: list[str] = field(default_factory=list)
    done: set[object] = field(default_factory=set)

    def template(self, name: str, names: dict[str, Types]) -> dict[str, Any]:
        """Check a template with these names; return the names that it binds."""
        source, _, _ = build_environment().loader.get_source(build_environment(), name)  # type: ignore[union-attr]
        bound: dict[str, Any] = dict(names)
        self.statements(build_environment().parse(source).body, bound, name)
        return bound

    def statements(self, body: list[nodes.Node], names: dict[str, Any], where: str) -> None:
        """Check the statements of a body in order; its macros are known from the start."""
        names.update({node.name: (node, names, where) for node in body if isinstance(node, nodes.Macro)})
        for node in body:
            self.statement(node, names, where)

    def statement(self, node: nodes.Node, names: dict[str, Any], where: str) -> None:
        """Check one statement, and bind the names that it sets."""
        match node:
            case nodes.FromImport():
                whole = self.template(node.template.as_const(), {})
                for imported in node.names:
                    name, alias = imported if isinstance(imported, tuple) else (imported, imported)
                    names[alias] = whole[name]
            case nodes.Import():
                names[node.target] = self.template(node.template.as_const(), {})
            case nodes.Macro():
                self.macro((node, names, where), [])
            case nodes.Block():
                self.statements(node.body, names, where)
            case nodes.For():
                inner = {
                    **names,
                    **self.unpacked(node.target, items(self.expression(node.iter, names, where))),
                }
                self.statements([*node.body, *node.else_], inner, where)
            case nodes.Assign():
                names.update(self.unpacked(node.target, self.expression(node.node, names, where)))
            case nodes.AssignBlock():
                names.update(self.unpacked(node.target, UNKNOWN))
                self.statements(node.body, dict(names), where)
            case nodes.CallBlock():
                self.expression(node.call, names, where)
                self.statements(
                    node.body, {**names, **{argument.name: UNKNOWN for argument in node.args}}, where
                )
            case nodes.Expr():
                self.expression(node, names, where)
            case _:
                for child in node.iter_child_nodes():
                    self.statement(child, names, where)

    def macro(
        self, macro: tuple[nodes.Macro, dict[str, Any], str], given: list[tuple[str | int, Types]]
    ) -> None:
        """Check what a macro reads of the arguments that it is given."""
        node, outer, where = macro
        key = (where, node.name, frozenset(given))
        if key in self.done:
            return
        self.done.add(key)
        parameters = [argument.name for argument in node.args]
        bound = {parameters[at] if isinstance(at, int) else at: types for at, types in given}
        self.statements(node.body, {**outer, **dict.fromkeys(parameters, UNKNOWN), **bound}, where)

    def expression(self, node: nodes.Node, names: dict[str, Any], where: str) -> Types:
        """Check everything that an expression reads; return the types that it may have."""
        match node:
            case nodes.Name():
                known = names.get(node.name, UNKNOWN)
                if node.name not in names and node.name not in {*build_environment().globals, *OF_JINJA}:
                    self.faults.append(f"{where}: {node.name}")
                return known if isinstance(known, frozenset) else UNKNOWN
            case nodes.Getattr():
                return self.attribute(self.expression(node.node, names, where), node.attr, where)
            case nodes.Getitem():
                whole = self.expression(node.node, names, where)
                self.expression(node.arg, names, where)
                return items(whole)
            case nodes.Filter() if node.node is not None and node.name in SAME_ITEMS:
                self.all_of(node.args, names, where)
                return self.expression(node.node, names, where)
            case nodes.CondExpr():
                self.expression(node.test, names, where)
                branches = (node.expr1, node.expr2) if node.expr2 is not None else (node.expr1,)
                return frozenset().union(*(self.expression(branch, names, where) for branch in branches))
            case nodes.Call():
                self.call(node, names, where)
                return UNKNOWN
            case _:
                self.all_of(node.iter_child_nodes(), names, where)
                return UNKNOWN

    def call(self, node: nodes.Call, names: dict[str, Any], where: str) -> None:
        """Check a call: of a macro with its arguments, of anything else as an expression."""
        given: list[tuple[str | int, Types]] = [
            *enumerate(self.expression(argument, names, where) for argument in node.args),
            *((keyword.key, self.expression(keyword.value, names, where)) for keyword in node.kwargs),
        ]
        called = self.called(node.node, names)
        if isinstance(called, tuple):
            self.macro(called, given)
        else:
            self.expression(node.node, names, where)

    @staticmethod
    def called(node: nodes.Node, names: dict[str, Any]) -> object:
        """Return the macro that a call names, by itself or in a module of macros."""
        if isinstance(node, nodes.Getattr) and isinstance(node.node, nodes.Name):
            whole = names.get(node.node.name)
            return whole[node.attr] if isinstance(whole, dict) else None
        return names.get(node.name) if isinstance(node, nodes.Name) else None

    def all_of(self, parts: Iterable[nodes.Node], names: dict[str, Any], where: str) -> None:
        """Check several expressions."""
        for part in parts:
            self.expression(part, names, where)

    def attribute(self, types: Types, name: str, where: str) -> Types:
        """Return the types of an attribute; it is a fault when none of the possible types has it."""
        records = [type_ for type_ in types if members(type_)]
        if records and len(records) == len(types) and not any(name in members(record) for record in records):
            self.faults.append(f"{where}: {' | '.join(sorted(record.__name__ for record in records))}.{name}")
        values = [get_args(type_)[1] for type_ in types if _is_dict(type_) and name not in dir(dict)]
        return frozenset().union(
            *(members(record).get(name, UNKNOWN) for record in records),
            *(members_of_union(value) for value in values),
        )

    @staticmethod
    def unpacked(target: nodes.Node, types: Types) -> dict[str, Types]:
        """The names that a loop or a ``set`` binds; of several at once, none is known."""
        if isinstance(target, nodes.Name):
            return {target.name: types}
        return dict.fromkeys((name.name for name in target.find_all(nodes.Name)), UNKNOWN)


def faults(view: type, template: str) -> list[str]:
    """Return what a template reads that its view does not have."""
    checker = Checker()
    checker.template(template, {"view": members_of_union(view).union(), "head": members_of_union(Head)})
    return checker.faults


def test_each_page_has_one_view_and_each_view_its_page() -> None:
    pages = [name for name in build_environment().list_templates() if name.startswith("pages/")]

    assert pages == sorted(f"pages/{view.template}.html" for view in views())


@pytest.mark.parametrize("view", views(), ids=lambda view: view.template)
def test_a_page_reads_what_its_view_has(view: type[PageView]) -> None:
    assert faults(view, f"pages/{view.template}.html") == []


def test_each_mail_has_one_view_and_each_view_its_mail() -> None:
    mails = {
        name.split("/")[1] for name in build_environment().list_templates() if name.startswith("emails/")
    }

    assert sorted(mails) == [view.template for view in mail_views()]


@pytest.mark.parametrize("part", ["subject.txt", "body.html"])
@pytest.mark.parametrize("view", mail_views(), ids=lambda view: view.template)
def test_a_mail_reads_what_its_view_has(view: type[View], part: str) -> None:
    assert faults(view, f"emails/{view.template}/{part}") == []


def test_the_announcement_reads_what_its_view_has() -> None:
    assert faults(AnnouncementText, "texts/annonce.txt") == []


def test_the_layout_reads_what_every_head_has() -> None:
    assert faults(PageView, "layout.html") == []
