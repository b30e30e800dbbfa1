"""What is wrong with the sizes and constants of one module, as diagnostics.

In comes a module whose names are all bound; out go `infinite-size`, `incomplete-type`, `not-constant` and
`constant-cycle` (language reference, section 6). A chain of several symbols is reported once, at its first symbol in
(module, position) order, whichever of them was asked for first.
"""

from __future__ import annotations

from collections.abc import Callable

from modcore.ctype import RecordRef, Type
from modcore.diagnostics import Diagnostic, Note, has_errors
from modcore.entities import EXPRESSION, VALUE, Entity
from modcore.finder import Module
from modcore.knowledge import Knowledge
from modcore.source import Position
from modcore.stage1_names import OwnStatement
from modcore.stage2_scopes import entity_of
from modcore.stage3_bind.definitions import BoundBody
from modcore.stage3_complete.demand import DEFECTS, ConstantCycle, Incomplete, InfiniteSize, NotConstant
from modcore.syntax import parse_statement
from modcore.syntax.classify import expression_end

Links = tuple[tuple[Entity, int], ...]

_CIRCLES = {
    InfiniteSize: ("infinite-size", "contains itself by value; make one of the links a pointer"),
    ConstantCycle: ("constant-cycle", "needs its own value; break the chain at one of its links"),
}


def check_types(program: Knowledge, module: Module) -> list[Diagnostic]:
    """The diagnostics about sizes and constants of one module's symbols."""
    found: list[Diagnostic] = []
    told: dict[int, Links] = {}
    unit = program.unit(module)
    for symbol in unit.names.values():
        entity = entity_of(unit, symbol)
        ask: Callable[[Entity], object]
        if symbol.kind in ("enumerator", "variable"):
            found += _asked(program, entity, program.constants.value, told)
        if symbol.kind in ("struct", "union", "enum", "typedef", "variable") and (
            symbol.defines or symbol.kind != "variable"
        ):
            ask = program.types.require_layout
            found += _asked(program, entity, ask, told)
    return found


def check_body_types(program: Knowledge, module: Module, statement: OwnStatement, body: BoundBody) -> list[Diagnostic]:
    """Types that a function holds by value although nothing defines them; only headers leave types undefined."""
    found: list[Diagnostic] = []
    for use in body.uses:
        entity = use.entity
        if use.mode != VALUE or entity.origin != "header" or entity.kind not in ("struct", "union", "typedef"):
            continue
        try:
            unfinished = isinstance(program.types.complete(program.types.type_of(entity)), RecordRef)
        except DEFECTS as problem:
            found.append(explained(program, problem, entity))
            continue
        if unfinished:
            place = program.token_place(module, statement, body.tokens.offsets(), use.at, use.at + 1)
            found.append(_incomplete(entity, place))
    return found


def check_assertion(program: Knowledge, module: Module, statement: OwnStatement, body: BoundBody) -> list[Diagnostic]:
    """The condition of a `_Static_assert` that is no constant; whether it holds is the compiler's to say."""
    end = expression_end(body.tokens.words, 2, frozenset((",", ")")))
    try:
        program.constants.evaluate(body, 2, end)
    except NotConstant as problem:
        if problem.entity is not None:
            return []
        place = program.token_place(module, statement, body.tokens.offsets(), problem.low, problem.high)
        return [Diagnostic("not-constant", f"{problem.reason}; a constant is needed here", place)]
    except DEFECTS:
        return []  # told where the type or the constant is defined
    return []


def blamed(program: Knowledge, problem: Exception, check: Callable[[Module], list[Diagnostic]]) -> list[Diagnostic]:
    """What is wrong with the module whose definition has a defect that somebody else came upon."""
    entity = defective(problem)
    if entity is None:
        raise problem
    found = check(program.owner(entity))
    return found if has_errors(found) else [explained(program, problem, entity)]


def _incomplete(entity: Entity, place: Position) -> Diagnostic:
    message = f"'{_shown(entity)}' is held by value, but nothing defines it; use a pointer to it"
    return Diagnostic("incomplete-type", message, place)


def _asked(
    program: Knowledge, entity: Entity, ask: Callable[[Entity], object], told: dict[int, Links]
) -> list[Diagnostic]:
    """What is wrong with an entity; a circle, which all of its links would have to say, is in `told` from then on."""
    try:
        ask(entity)
    except (InfiniteSize, ConstantCycle) as problem:
        if id(problem.links) in told:  # the same links, not equal ones: they may be thousands
            return []
        told[id(problem.links)] = problem.links
        return [explained(program, problem, entity)]
    except NotConstant as problem:
        return [] if _is_poisoned(program, problem.entity or entity) else [explained(program, problem, entity)]
    except Incomplete as problem:
        return [explained(program, problem, entity)]
    return []


def defective(problem: Exception) -> Entity | None:
    """The entity whose definition a defect is in; None where the tokens are nobody's definition."""
    match problem:
        case InfiniteSize() | ConstantCycle():
            return problem.links[0][0]
        case Incomplete():
            return problem.owner or problem.entity
        case NotConstant():
            return problem.entity
    raise problem


def explained(program: Knowledge, problem: Exception, asked: Entity) -> Diagnostic:
    """The error for a defect that came up when an entity was asked for."""
    match problem:
        case InfiniteSize() | ConstantCycle():
            code, says = _CIRCLES[type(problem)]
            return _cycle(program, problem.links, code, says)
        case Incomplete():
            return _incomplete(problem.entity, token_place(program, problem.owner or asked, problem.at))
        case NotConstant():
            place = token_place(program, problem.entity or asked, problem.low, problem.high)
            return Diagnostic("not-constant", f"{problem.reason}; a constant is needed here", place)
    raise problem


def type_or_none(program: Knowledge, entity: Entity) -> Type | None:
    """The type of an entity; None when something is wrong with it, which is told elsewhere."""
    try:
        return program.types.type_of(entity)
    except DEFECTS:
        return None


def is_constant(program: Knowledge, entity: Entity) -> bool:
    """Whether an entity has a value before the program runs."""
    try:
        return program.constants.value(entity) is not None
    except DEFECTS:
        return True  # it should have one; what is wrong with it is told elsewhere


def _is_poisoned(program: Knowledge, entity: Entity) -> bool:
    """Whether a name in an entity's definition, or in that of a constant it uses, means nothing; that has been told."""
    seen: set[Entity] = set()
    pending = [entity]
    while pending:
        entity = pending.pop()
        if entity.origin != "module" or entity in seen:
            continue
        seen.add(entity)
        bound = program.bound(entity)
        initializer = program.initializer(entity) if entity.kind == "variable" else None
        uses = [*bound.uses, *(initializer.uses if initializer is not None else ())]
        if any(part is not None and (part.missing or part.problem is not None) for part in (bound, initializer)):
            return True
        pending += [use.entity for use in uses if use.mode == EXPRESSION or entity.kind == "enumerator"]
    return False


def _cycle(program: Knowledge, links: Links, code: str, says: str) -> Diagnostic:
    """One diagnostic for a chain, rotated so that it begins at its first symbol."""
    positions = [program.place(entity) or Position(entity.file, 1, 1, 1, 2) for entity, _ in links]
    modules = [program.owner(entity).name for entity, _ in links]
    first = min(range(len(links)), key=lambda i: (modules[i], positions[i]))
    ordered = [links[(first + i) % len(links)] for i in range(len(links))]
    notes = []
    for i, (entity, at) in enumerate(ordered):
        following = ordered[(i + 1) % len(ordered)][0]
        notes.append(Note(f"'{_shown(entity)}' needs '{_shown(following)}' here", token_place(program, entity, at)))
    chain = " → ".join(f"'{_shown(entity)}'" for entity, _ in [*ordered, ordered[0]])
    through = f" ({chain})" if len(ordered) > 1 else ""
    return Diagnostic(code, f"'{_shown(ordered[0][0])}' {says}{through}", positions[first], tuple(notes))


def _shown(entity: Entity) -> str:
    if entity.name.startswith("{"):
        return f"the type of {entity.name[1:-1]}"
    return f"{entity.kind} {entity.name}" if entity.space == "tag" else entity.name


def token_place(program: Knowledge, entity: Entity, low: int, high: int | None = None) -> Position:
    """The user's position of tokens in an entity's statement."""
    module = program.owner(entity)
    source = program.source_unit(module)
    if entity.origin == "header":
        return program.place(entity) or Position(module.file, 1, 1, 1, 2)
    symbol = source.names[(entity.space, entity.name)]
    statement = source.statements[symbol.statement]
    tokens = parse_statement(statement.head, statement.body >= 0).tokens
    return program.token_place(module, statement, tokens.offsets(), low, low + 1 if high is None else high)
