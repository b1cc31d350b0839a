"""The site map names views that exist, each of which takes the call, the form and the path of its row."""

import inspect
import re

import pytest

from chalicelib.web import urls
from chalicelib.web.kit import calls
from chalicelib.web.kit.forms import FreeForm, JsonForm, PageForm
from chalicelib.web.urls import PAGE, ROUTES


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: f"{route.method} {route.path}")
def test_a_row_names_a_view_that_takes_its_path_and_its_form(route: urls.Route) -> None:
    view = route.view()
    _, form = calls.read_signature(view)
    parameters = list(inspect.signature(view).parameters.values())

    asked = {parameter.name for parameter in parameters[1:] if parameter.default is parameter.empty}
    parts = set(re.findall(r"{(\w+)}", route.path))
    assert asked <= parts <= {parameter.name for parameter in parameters[1:]}
    if route.method == "GET":
        assert form is calls.NoForm
    else:
        kinds = (PageForm, FreeForm, calls.NoForm, calls.Unread) if route.made_for == PAGE else (JsonForm,)
        assert issubclass(form, kinds)
