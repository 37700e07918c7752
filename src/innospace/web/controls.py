"""Controls that work with the keyboard and with assistive technology: native elements, each with label, help, error.

Every control is a :class:`Field`. ``value`` is what it holds, ``set`` changes it, ``complain`` puts an error at it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Self

from nicegui import ui
from nicegui.element import Element
from nicegui.elements.mixins.text_element import TextElement

LONG = 26
"""Characters of an option that a field of usual width shows."""
Changed = Callable[[Any], Any]
"""Called with the new value; may be a coroutine function."""


class Field(Element, component="native_field.js"):
    """One labelled native control.

    Parameters
    ----------
    kind : str
        ``text``, ``number``, ``textarea``, ``select``, ``checkbox``, ``slider``, ``search``.
    label : str
    value : object
    changed : callable, optional
        Called with the new value when it is committed, or with ``live`` at every keystroke.
    properties : object
        Further properties of ``native_field.js``; those that are None are left out.
    """

    def __init__(self, kind: str, label: str, value: Any, changed: Changed | None = None, **properties: Any) -> None:
        super().__init__()
        self.value = value
        self._changed = changed
        given = {"kind": kind, "label": label, "initial": value, "revision": 0, **properties}
        self._props.update({k: v for k, v in given.items() if v is not None})
        self.on("change", self._take)

    async def _take(self, event: Any) -> None:
        self.value = event.args
        # sent with the next update of the page: the browser shows it already
        self._props["initial"] = self.value
        if self._changed is not None:
            found = self._changed(self.value)
            if hasattr(found, "__await__"):
                await found

    def set(self, value: Any) -> Self:
        """Show another value; nobody is told."""
        self.value = value
        self._props["initial"] = value
        self._props["revision"] += 1
        self.update()
        return self

    def complain(self, message: str) -> Self:
        """Put an error at the control; an empty one takes it away."""
        if self._props.get("error", "") != message:
            self._props["error"] = message
            self.update()
        return self

    def offer(self, options: Options) -> Self:
        """Replace the choices of a ``select``."""
        self._props["options"] = _choices(options)
        self.update()
        return self


Options = Mapping[Any, str] | Sequence[str] | Sequence[tuple[Any, str, str]]
"""Value -> label; or values that are their own labels; or (value, label, group)."""


def _choices(options: Options) -> list[dict[str, Any]]:
    if isinstance(options, Mapping):
        return [{"value": value, "label": label} for value, label in options.items()]
    return [
        {"value": o, "label": o} if isinstance(o, str) else {"value": o[0], "label": o[1], "group": o[2]}
        for o in options
    ]


def field_text(label: str, value: str = "", changed: Changed | None = None, **properties: Any) -> Field:
    """Return a line of text; ``help``, ``placeholder``, ``required``, ``live`` and others by keyword."""
    return Field("text", label, value, changed, **properties)


def field_area(label: str, value: str = "", changed: Changed | None = None, **properties: Any) -> Field:
    """Return several lines of text; ``rows`` by keyword."""
    return Field("textarea", label, value, changed, **properties)


def field_search(label: str, changed: Changed, **properties: Any) -> Field:
    """Return a search box that tells every keystroke."""
    return Field("search", label, "", changed, live=True, **properties)


def field_number(label: str, value: float | None, changed: Changed | None = None, **properties: Any) -> Field:
    """Return a number, or None when it is empty; ``unit``, ``min``, ``max``, ``step`` by keyword."""
    return Field("number", label, value, changed, **properties)


def field_select(
    label: str, options: Options, value: Any = None, changed: Changed | None = None, **properties: Any
) -> Field:
    """Return a choice among options; one with long names is marked."""
    choices = _choices(options)
    made = Field("select", label, value, changed, options=choices, **properties)
    return made.classes("long-names") if any(len(c["label"]) > LONG for c in choices) else made


def field_check(label: str, value: bool = False, changed: Changed | None = None, **properties: Any) -> Field:
    """Return a box that is ticked or not."""
    return Field("checkbox", label, value, changed, **properties)


def field_slider(
    label: str, value: float, changed: Changed | None = None, *, low: float, high: float, step: float, **properties: Any
) -> Field:
    """Return a slider with a number box that mirrors it; ``unit`` and ``live`` by keyword."""
    return Field("slider", label, value, changed, min=low, max=high, step=step, **properties)


def button(text: str, pressed: Callable[[], Any], *, primary: bool = False, danger: bool = False) -> Element:
    """Return a button; a page has one primary one."""
    made = element("button", "button" + " primary" * primary + " danger" * danger, text)
    made.props("type=button").on("click", pressed, args=[])
    return made


def button_asking(text: str, question: str, pressed: Callable[[], Any], *, yes: str) -> Element:
    """Return a button that asks in place before it acts."""

    def ask(asking: bool) -> None:
        first.set_visibility(not asking)
        asked.set_visibility(asking)
        (confirm if asking else first).run_method("focus")

    def act() -> Any:
        ask(False)
        return pressed()

    with ui.element("div").classes("asking") as made:
        first = button(text, lambda: ask(True))
        with ui.element("div").classes("question").props("role=group") as asked:
            element("p", "", question)
            with ui.element("div").classes("row-of-buttons"):
                confirm = button(yes, act, danger=True)
                button("No", lambda: ask(False))
    asked.set_visibility(False)
    return made


def element(tag: str, classes: str = "", text: str = "") -> TextElement:
    """Return a plain element with text; the text is never read as HTML."""
    return TextElement(text=text, tag=tag).classes(classes)


def waiting(text: str) -> Element:
    """Return a line that says what is being done; while it stands the page counts as busy."""
    with element("div").props("aria-busy=true") as made:
        element("p", "soft", text).props("role=status")
    return made
