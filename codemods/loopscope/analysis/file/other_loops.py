"""Tell the statements of an override that make loops of another kind, or prepare for them."""

from __future__ import annotations

import ast
from collections.abc import Collection, Sequence

from loopscope.analysis.file.loop_branches import can_be_repeated, is_windows, straight
from loopscope.analysis.file.loop_statements import LoopCode
from loopscope.analysis.file.names import dotted
from loopscope.analysis.file.override_facts import LoopMaking

POLICY_SETTERS = frozenset(
    {
        "asyncio.set_event_loop_policy",
        "asyncio.events.set_event_loop_policy",
        "nest_asyncio.apply",
        "uvloop.install",
        "winloop.install",
    }
)
CONFIGURING = ("set_exception_handler", "set_task_factory", "set_default_executor")


class OtherLoops:
    """Knows what makes such loops; ``found`` says that the override makes one."""

    def __init__(
        self, code: LoopCode, arguments: Collection[str], makers: Collection[str] = ()
    ) -> None:
        """Take what is known of the body.

        Args:
            code: Its statements about the loop.
            arguments: Of the override: what is made of them is not known.
            makers: The source of callables that are known to make loops.
        """
        self.code = code
        self.makers = makers
        self.owned: frozenset[str] = frozenset()  # local names of what it hands out and closes
        self.found = False
        self._arguments = arguments

    def makes(self, node: ast.stmt) -> bool:
        """Whether the statement makes, or prepares for, a loop of another kind."""
        match node:
            case (
                ast.Assign(targets=[ast.Name(id=name)], value=ast.Call() as value)
                | ast.AnnAssign(target=ast.Name(id=name), value=ast.Call() as value)
            ):
                if self.configures(value):
                    return True
                if self._foreign_loop(value, owned=name in self.owned):
                    self.code.loops.add(name)
                    return True
                return False
            case ast.Assign(targets=[ast.Attribute(value=ast.Name(id=name), attr="close")]):
                return name in self.code.loops
            case ast.Expr(value=ast.Call() as call):
                return self.configures(call)
            case ast.Assign(
                targets=[ast.Name()] as targets,
                value=ast.IfExp(body=ast.Call() as one, orelse=ast.Call() as other),
            ):
                return self._all_make(node, [ast.Assign(targets, one), ast.Assign(targets, other)])
            case ast.If(body=body, orelse=orelse):
                return self._all_make(node, [*body, *orelse])
            case ast.Match(cases=cases):
                return self._all_make(node, [item for case in cases for item in case.body])
            case ast.Try(body=body, orelse=orelse, finalbody=final, handlers=handlers):
                handling = [item for handler in handlers for item in handler.body]
                return self._all_make(node, [*body, *orelse, *final, *handling])
        return False

    def sets_policy_on_windows(self, node: ast.stmt) -> bool:
        """Whether the statement sets a policy there, and does nothing anywhere else."""
        match node:
            case ast.If(test=test, body=[ast.Expr(value=ast.Call() as call)], orelse=[]):
                return is_windows(test, self.code.names) and (
                    self.code.names.resolve(call.func) in POLICY_SETTERS
                )
        return False

    def _all_make(self, node: ast.stmt, branches: Sequence[ast.stmt]) -> bool:
        """Whether the branches of the statement make a loop, and do nothing else."""
        inner = list(straight(branches, self.code.names))
        return can_be_repeated(node, self.code.names) and all(
            self.makes(item) or self.code.redundant(item) for item in inner
        )

    def sets_up(self, node: ast.stmt) -> bool:
        """Whether the statement sets the loop up in a way that a running one can be set up."""
        match node:
            case ast.Assign(targets=[ast.Attribute(value=ast.Name(id=name))]):
                return name in self.code.loops
            case ast.Expr(
                value=ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr=method))
            ):
                return name in self.code.loops and method in CONFIGURING
        return False

    def hands_out(self, node: ast.stmt) -> bool:
        """Whether the statement yields or returns a loop of another kind that it makes."""
        match node:
            case (
                ast.Expr(value=ast.Yield(value=ast.Call() as call))
                | ast.Return(value=ast.Call() as call)
            ) if self._foreign_loop(call):
                self.code.yields, self.code.returned, self.found = True, call, True
                return True
        return False

    def _foreign_loop(self, call: ast.Call, *, owned: bool = False) -> bool:
        if any(
            isinstance(child, ast.Name) and child.id in self._arguments for child in ast.walk(call)
        ):
            return False
        if (
            owned
            or ast.unparse(call.func) in self.makers
            or self.code.helper(call.func) not in (None, LoopMaking.MANAGED)
        ):
            return True
        name = (self.code.names.resolve(call.func) or ast.unparse(call.func)).rpartition(".")[2]
        return name == "new_event_loop" or name.endswith(("EventLoop", "Loop"))

    def configures(self, call: ast.Call) -> bool:
        """``set_event_loop_policy(…)``, ``nest_asyncio.apply()``, a function that calls those."""
        resolved = self.code.names.resolve(call.func) or ""
        return resolved in POLICY_SETTERS or self._decides(call)

    def _decides(self, call: ast.Call) -> bool:
        """Whether it calls a function that decides of what kind loops are, or says so."""
        made = self.code.helper(call.func)
        if made is not None:
            return made is LoopMaking.POLICY
        resolved = self.code.names.resolve(call.func) or dotted(call.func) or ""
        word = resolved.rpartition(".")[2].lower()
        return not resolved.startswith("asyncio.") and ("uvloop" in word or "policy" in word)
