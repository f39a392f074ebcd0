"""State outside of a function that changes between calls: a derivative is never stale."""

from __future__ import annotations

import collections
import dataclasses
import enum
import functools
import math
import types

import numpy as np
import pytest

from srcdiff import SrcdiffError, grad, jvp, value_and_grad, vjp

FACTOR = 2.0
TABLE = np.array([1.0, 2.0, 3.0])
SETTINGS = {"power": 2}


def _helper(x):
    return x * x


def uses_a_global(x):
    return FACTOR * x * x


def uses_a_global_array(v):
    return np.sum(TABLE * v * v)


def uses_a_global_dict(x):
    return x ** SETTINGS["power"]


def uses_a_global_function(x):
    return _helper(x) * 3.0


def uses_a_global_through_a_call(x):
    return uses_a_global(x) + x


def test_a_global_number(monkeypatch: pytest.MonkeyPatch) -> None:
    derivative = grad(uses_a_global)
    assert derivative(1.5) == 6.0
    monkeypatch.setitem(globals(), "FACTOR", 10.0)
    assert derivative(1.5) == 30.0


def test_a_global_that_changes_its_type(monkeypatch: pytest.MonkeyPatch) -> None:
    derivative = grad(uses_a_global)
    assert derivative(1.5) == 6.0
    monkeypatch.setitem(globals(), "FACTOR", 3)
    assert derivative(1.5) == 9.0
    monkeypatch.setitem(globals(), "FACTOR", np.float64(0.5))
    assert derivative(1.5) == 1.5


def test_a_global_array_rebound_and_written_into(monkeypatch: pytest.MonkeyPatch) -> None:
    derivative = grad(uses_a_global_array)
    v = np.array([1.0, 1.0, 1.0])
    assert np.array_equal(derivative(v), [2.0, 4.0, 6.0])
    monkeypatch.setitem(globals(), "TABLE", np.array([5.0, 6.0, 7.0]))
    assert np.array_equal(derivative(v), [10.0, 12.0, 14.0])
    TABLE[0] = 0.5
    assert np.array_equal(derivative(v), [1.0, 12.0, 14.0])


def test_a_global_dict_written_into(monkeypatch: pytest.MonkeyPatch) -> None:
    derivative = grad(uses_a_global_dict)
    assert derivative(1.5) == 3.0
    monkeypatch.setitem(SETTINGS, "power", 3)
    assert derivative(1.5) == pytest.approx(3 * 1.5**2, rel=1e-14)


def test_a_global_function_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    derivative = grad(uses_a_global_function)
    assert derivative(1.5) == 9.0
    monkeypatch.setitem(globals(), "_helper", lambda x: x * x * x)
    assert derivative(1.5) == pytest.approx(9 * 1.5**2, rel=1e-14)


def test_a_global_read_by_a_called_function(monkeypatch: pytest.MonkeyPatch) -> None:
    derivative = grad(uses_a_global_through_a_call)
    assert derivative(1.5) == 7.0
    monkeypatch.setitem(globals(), "FACTOR", 10.0)
    assert derivative(1.5) == 31.0


def test_a_closure_cell_changed() -> None:
    scale = 2.0

    def scaled(x):
        return scale * x * x

    derivative = grad(scaled)
    assert derivative(1.5) == 6.0
    scale = 10.0
    assert derivative(1.5) == 30.0
    scale = 3
    assert derivative(1.5) == 9.0


def test_a_closed_over_array_written_into() -> None:
    weights = np.array([1.0, 2.0])

    def weighted(v):
        return np.sum(weights * v * v)

    derivative = grad(weighted)
    assert np.array_equal(derivative(np.ones(2)), [2.0, 4.0])
    weights[1] = 7.0
    assert np.array_equal(derivative(np.ones(2)), [2.0, 14.0])


def test_a_closed_over_function_replaced() -> None:
    def inner(x):
        return x * x

    def outer(x):
        return inner(x) * 2.0

    derivative = grad(outer)
    assert derivative(1.5) == 6.0

    def inner(x):  # noqa: F811
        return math.sin(x)

    assert derivative(1.5) == pytest.approx(2.0 * math.cos(1.5), rel=1e-14)


def test_two_closures_of_one_definition() -> None:
    def power(n):
        return lambda x: x**n

    assert grad(power(2))(1.5) == 3.0
    assert grad(power(3))(1.5) == pytest.approx(3 * 1.5**2, rel=1e-14)
    assert grad(power(2))(1.5) == 3.0


def test_an_object_changed_between_calls() -> None:
    class Gain:
        def __init__(self, value):
            self.value = value

        def apply(self, x):
            return self.value * x * x

    gain = Gain(2.0)
    derivative = grad(gain.apply)
    assert derivative(1.5) == 6.0
    gain.value = 10.0
    assert derivative(1.5) == 30.0


def test_defaults_are_those_of_the_definition() -> None:
    scale = 2.0

    def scaled(x, by=scale):
        return by * x * x

    scale = 100.0
    assert grad(scaled)(1.5) == 6.0
    assert grad(scaled)(1.5, 3.0) == 9.0
    assert grad(scaled)(1.5, by=4.0) == 12.0


def test_one_function_at_many_signatures() -> None:
    def total(x):
        return np.sum(x * x)

    derivative = grad(total)
    assert derivative(1.5) == 3.0
    assert np.array_equal(derivative(np.array([1.0, 2.0])), [2.0, 4.0])
    assert np.array_equal(derivative(np.ones((2, 1))), 2 * np.ones((2, 1)))
    single = derivative(np.ones(3, dtype=np.float32))
    assert single.dtype == np.float32
    assert derivative(1.5) == 3.0
    assert type(derivative(1.5)) is float


def test_modes_agree_after_a_change(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(globals(), "FACTOR", 5.0)
    value, pullback = vjp(uses_a_global, 1.5)
    assert value == uses_a_global(1.5)
    assert pullback(1.0) == (15.0,)
    assert jvp(uses_a_global, (1.5,), (1.0,)) == (value, 15.0)
    assert value_and_grad(uses_a_global)(1.5) == (value, 15.0)


def test_keywords_in_a_call_of_the_gradient() -> None:
    def weighted(x, *, w, flag=False):
        return w * x * x if flag else w * x

    assert grad(weighted)(1.5, w=2.0) == 2.0
    assert grad(weighted)(1.5, w=2.0, flag=True) == 6.0
    assert grad(weighted, wrt="w")(1.5, w=2.0, flag=True) == 2.25
    assert grad(weighted, wrt=("x", "w"))(1.5, flag=True, w=2.0) == (6.0, 2.25)


def remembers(x, n):
    found = {0: x}
    for k in range(1, n):
        found[k] = 0.5 * found[k - 1]
    return found[n - 1] + sum(v for v in [x, x * x])


def test_what_runs_in_place_of_a_builtin_has_the_line_of_the_user() -> None:
    source = grad(remembers).source(1.5, 100)
    assert "# adjoint of line" in source
    assert "__getitem__" not in source and " of total" not in source


# --- on classes, functions and constant objects ---------------------------------------------------


def follows(f, *changes):
    """The derivatives of a function that is linear in its argument are its slope, after each change."""
    derivative = grad(f)
    for change in (lambda: None, *changes):
        change()
        slope = pytest.approx(f(2.5) - f(1.5), rel=1e-12)
        assert derivative(1.5) == slope
        assert jvp(f, (1.5,), (1.0,))[1] == slope
    made = len(derivative.dispatcher.variants)
    derivative(1.5)
    assert len(derivative.dispatcher.variants) == made  # the last one fits


def sets(owner, name, value):
    return lambda: setattr(owner, name, value)


def enters(held, key, value):
    return lambda: held.__setitem__(key, value)


def deletes(owner, name):
    return lambda: delattr(owner, name)


def config():
    class Config:
        rate, mode, table, named = 0.1, "plain", [1.0, 2.0], {"a": 3.0}

        @classmethod
        def of_class(cls, x):
            return x * cls.rate

    return Config


def base_and_derived():
    class Base:
        weight = 2.0

        def act(self, x):
            return 2 * x

    class Derived(Base):
        pass

    return Base, Derived


def test_a_class_attribute() -> None:
    cfg = config()
    one = cfg()
    changes = [sets(cfg, "rate", v) for v in (0.01, 3, np.float64(2.0))]
    follows(lambda x: x * cfg.rate, *changes)
    follows(cfg.of_class, *changes)
    follows(lambda x: x * type(one).rate, *changes)
    follows(lambda x: x * one.__class__.rate, sets(cfg, "rate", 9.0))


def test_a_class_attribute_that_is_no_number() -> None:
    cfg = config()
    follows(lambda x: x if cfg.mode == "plain" else 2 * x, sets(cfg, "mode", "other"))
    follows(
        lambda x: x * cfg.table[0],
        enters(cfg.table, 0, 9.0),
        sets(cfg, "table", [4.0]),
        sets(cfg, "table", (5.0,)),
        sets(cfg, "table", np.array([6.0])),
    )
    follows(
        lambda x: x * cfg.named["a"], enters(cfg.named, "a", 4.0), sets(cfg, "named", {"a": 1.0})
    )


def test_how_much_a_class_holds() -> None:
    cfg = config()
    follows(lambda x: x * len(cfg.table), lambda: cfg.table.append(1.0), sets(cfg, "table", []))
    follows(lambda x: x if "b" in cfg.named else 2 * x, enters(cfg.named, "b", 1.0))


def test_a_rate_that_changes_needs_no_new_variant() -> None:
    cfg = config()
    derivative = grad(lambda x: x * cfg.rate)
    for k in range(5):
        cfg.rate = float(k)
        assert derivative(1.5) == k
    assert len(derivative.dispatcher.variants) == 1


def test_a_class_attribute_through_an_object() -> None:
    cfg = config()
    one = cfg()
    follows(
        lambda x: x * one.rate, sets(cfg, "rate", 5.0), sets(one, "rate", 6.0), deletes(one, "rate")
    )


def test_an_inherited_attribute() -> None:
    base, derived = base_and_derived()
    one = derived()
    hide = sets(base, "weight", 3.0), sets(derived, "weight", 4.0), deletes(derived, "weight")
    follows(lambda x: x * derived.weight, *hide)
    follows(lambda x: x * one.weight, *hide, sets(one, "weight", 5.0))


def test_a_method_overridden_later() -> None:
    base, derived = base_and_derived()
    one = derived()
    follows(
        lambda x: one.act(x),
        sets(derived, "act", lambda self, x: 3 * x),
        deletes(derived, "act"),
        sets(base, "act", lambda self, x: 5 * x),
        sets(one, "act", lambda x: 7 * x),
    )


def test_super_and_other_ancestors() -> None:
    base, derived = base_and_derived()

    class Last(derived):
        def act(self, x):
            return super().act(x) + x

    class Other:
        weight = 50.0

    one = Last()
    follows(lambda x: one.act(x), sets(base, "act", lambda self, x: 5 * x))
    follows(lambda x: x * Last.weight, sets(Last, "__bases__", (Other,)))


def test_an_operator_defined_later() -> None:
    class Pair:
        def __init__(self, x):
            self.x = x

        def __add__(self, other):
            return self.x + other.x

    class Sub(Pair):
        pass

    def added(x):
        return Sub(x) + Sub(x)

    follows(added, sets(Sub, "__add__", lambda self, other: 5 * self.x))
    follows(lambda x: x if Sub(x) else 2 * x, sets(Sub, "__bool__", lambda self: False))


def test_attributes_of_a_dataclass() -> None:
    @dataclasses.dataclass
    class Scale:
        by: float
        factor = 3.0

        def apply(self, x):
            return self.by * x

    one = Scale(2.0)
    follows(lambda x: x * one.factor, sets(Scale, "factor", 4.0))
    follows(lambda x: one.apply(x), sets(Scale, "apply", lambda self, x: 9 * x))
    derivative = grad(lambda x: x * one.factor)
    assert derivative(1.5) == 4.0
    one.factor = 5.0
    with pytest.raises(SrcdiffError, match="SD403"):
        derivative(1.5)


def test_the_defaults_of_a_called_function() -> None:
    def scaled(x, by=2.0, *, more=1.0):
        return x * by * more

    follows(
        lambda x: scaled(x),
        sets(scaled, "__defaults__", (5.0,)),
        sets(scaled, "__kwdefaults__", {"more": 3.0}),
        lambda: enters(scaled.__kwdefaults__, "more", 4.0)(),
    )


def test_defaults_that_come_and_go() -> None:
    def scaled(x, by):
        return x * by

    follows(
        lambda x: scaled(x) if scaled.__defaults__ else x,
        sets(scaled, "__defaults__", (5.0,)),
        sets(scaled, "__defaults__", None),
    )


def test_the_defaults_of_the_function_itself() -> None:
    def scaled(x, by=2.0, *, more=1.0):
        return x * by * more

    follows(
        scaled,
        sets(scaled, "__defaults__", (5.0,)),
        sets(scaled, "__kwdefaults__", {"more": 3.0}),
        lambda: enters(scaled.__kwdefaults__, "more", 4.0)(),
    )
    derivative = grad(scaled)
    scaled.__defaults__ = (7.0,)
    assert derivative(1.5, more=1.0) == 7.0
    assert derivative(1.5, 2.0, more=1.0) == 2.0
    assert "7.0" in str(derivative.__signature__)
    scaled.__defaults__ = None
    assert derivative(1.5, 2.0) == 8.0
    with pytest.raises(TypeError, match="by"):
        derivative(1.5)


def test_the_defaults_of_fields() -> None:
    @dataclasses.dataclass
    class Fields:
        x: float
        by: float = 2.0

    pair = collections.namedtuple("pair", ("x", "by"))
    pair.__new__.__defaults__ = (2.0,)

    def product(x):
        return pair(x).x * pair(x).by

    follows(lambda x: Fields(x).by * x, sets(Fields.__init__, "__defaults__", (5.0,)))
    follows(product, sets(pair.__new__, "__defaults__", (5.0,)))


def test_a_wrapper_has_its_own_defaults() -> None:
    def inner(x, by=50.0):
        return x * by

    @functools.wraps(inner)
    def outer(x, by=3.0):
        return inner(x, by)

    follows(lambda x: outer(x), sets(outer, "__defaults__", (4.0,)))
    follows(outer, sets(outer, "__defaults__", (5.0,)))

    @functools.wraps(inner)
    def passing(*args, **keywords):
        return inner(*args, **keywords)

    follows(passing, sets(inner, "__defaults__", (6.0,)))
    assert grad(passing, wrt="by")(1.5, 2.0) == 1.5


def test_attributes_of_functions() -> None:
    def scaled(x):
        return x * scaled.rate * scaled.table[0]

    scaled.rate, scaled.table = 2.0, [1.0]
    follows(scaled, sets(scaled, "rate", 7.0), enters(scaled.table, 0, 3.0))

    def other(x):
        return x * other.rate

    other.rate = scaled.rate  # one object, two attributes
    follows(lambda x: scaled(x) + other(x), sets(scaled, "rate", 1.0), sets(other, "rate", 2.0))


def test_what_is_asked_by_hasattr_and_getattr() -> None:
    class Empty:
        pass

    one = Empty()

    def marked(x):
        return x if hasattr(marked, "on") else x * getattr(marked, "rate", 3.0)

    there = sets(Empty, "on", 1), deletes(Empty, "on")
    follows(lambda x: x if hasattr(Empty, "on") else 2 * x, *there)
    follows(lambda x: x if hasattr(one, "on") else 2 * x, *there, sets(one, "on", 1))
    follows(lambda x: x * getattr(Empty, "by", 4.0), *(sets(Empty, "by", v) for v in (1.0, 2.0)))
    follows(marked, sets(marked, "rate", 1.5), sets(marked, "on", True))


def test_the_keywords_of_a_partial_object() -> None:
    def scaled(x, by=2.0, more=1.0):
        return x * by * more

    part = functools.partial(scaled, by=3.0)
    changes = enters(part.keywords, "by", 8), enters(part.keywords, "more", 2.0)
    follows(lambda x: part(x), *changes)
    follows(lambda x: x * part.keywords["by"], enters(part.keywords, "by", 9.0))
    follows(part, enters(part.keywords, "by", 10.0))


def test_attributes_of_modules_that_are_no_data() -> None:
    module = types.ModuleType("settings")
    module.mode, module.cfg = "plain", config()
    follows(lambda x: x if module.mode == "plain" else 2 * x, sets(module, "mode", "other"))
    follows(lambda x: x * module.cfg.rate, sets(module, "cfg", config()))
    module.cfg.rate = 5.0
    follows(lambda x: x if hasattr(module, "on") else 2 * x, sets(module, "on", 1))


def test_a_builtin_hidden_by_a_global(monkeypatch: pytest.MonkeyPatch) -> None:
    derivative = grad(lambda x: abs(x) * 2.0)
    assert derivative(-1.5) == -2.0
    with monkeypatch.context() as patched:
        patched.setitem(globals(), "abs", lambda x: 3 * x)
        assert derivative(-1.5) == 6.0
    assert derivative(-1.5) == -2.0


def test_an_object_that_can_be_called() -> None:
    class Net:
        def __init__(self):
            self.w = 2.0

        def __call__(self, x):
            return self.w * x

    net = Net()
    follows(lambda x: net(x) + x * net.w, sets(net, "w", 3.0))


def test_an_object_with_slots() -> None:
    class Slotted:
        __slots__ = ("v",)
        by = 2.0

        def __init__(self):
            self.v = 2.0

        @property
        def double(self):
            return 2 * self.v

        def apply(self, x):
            return self.v * x

    one = Slotted()
    follows(
        lambda x: one.apply(x) + x * one.double + x * one.v * one.by,
        sets(one, "v", 3.0),
        sets(Slotted, "by", 4.0),
    )


def test_members_of_enumerations() -> None:
    class Mode(enum.Enum):
        A, B = 1.0, 2.0

        def scaled(self, x):
            return 2 * self.value * x

    class Holder:
        mode = Mode.A

    follows(lambda x: x * Holder.mode.value, sets(Holder, "mode", Mode.B))
    follows(lambda x: x if Holder.mode is Mode.B else 2 * x, sets(Holder, "mode", Mode.A))
    follows(lambda x: Holder.mode.scaled(x), sets(Holder, "mode", Mode.B))
    assert grad(lambda x, mode: x if mode is Mode.B else mode.scaled(x))(1.5, Mode.A) == 2.0
    Mode.rate = 2.0
    follows(lambda x: x * Mode.rate, sets(Mode, "rate", 3.0))
    follows(lambda x: x * len(Mode.__members__) if Mode.A.name == "A" else x)


def test_sets() -> None:
    class Holder:
        names = None

    names, Holder.names = {"a"}, {"a"}
    follows(lambda x: x if "a" in names else 2 * x, names.clear, lambda: names.add("a"))
    follows(
        lambda x: x if "a" in Holder.names else 2 * x,
        Holder.names.clear,
        lambda: Holder.names.add("a"),
    )
