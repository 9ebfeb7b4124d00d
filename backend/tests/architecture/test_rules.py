"""The rules of the house that no linter knows."""

import ast

from tests.architecture.source import APP, Function, called_name, modules

MOST_LINES_IN_A_FILE = 320
MOST_LINES_IN_A_FUNCTION = 50
ENQUEUES = {"delay", "apply_async", "send_task"}


def test_nobody_commits_but_transaction() -> None:
    commits = [
        module.place(node)
        for module in modules()
        for node in ast.walk(module.tree)
        if called_name(node) in {"commit", "rollback"}
    ]

    assert commits == []


def test_nothing_is_enqueued_before_the_commit() -> None:
    early = [
        module.place(inner)
        for module in modules()
        for node in ast.walk(module.tree)
        if isinstance(node, ast.With) and any(called_name(item.context_expr) == "transaction" for item in node.items)
        for inner in ast.walk(node)
        if called_name(inner) in ENQUEUES
    ]

    assert early == []


def test_a_function_takes_a_session_or_a_provider_never_both() -> None:
    both = [
        module.place(function)
        for module in modules()
        for function in module.functions()
        if {"session", "provider"} <= _object_arguments(function)
    ]

    assert both == []


def test_domains_are_given_now() -> None:
    entry_points = {"tasks", "cli", "api", "sandbox", "runtime", "bench", "core"}
    readers = [
        module.place(node)
        for module in modules()
        if module.path.relative_to(APP).parts[0] not in entry_points
        for node in ast.walk(module.tree)
        if called_name(node) == "utc_now"
    ]

    assert readers == []


def test_entry_points_hold_no_queries() -> None:
    thin = [APP / "tasks", APP / "api", APP / "cli"]
    queries = [
        module.place(node)
        for module in modules()
        if any(module.path.is_relative_to(folder) for folder in thin)
        for node in ast.walk(module.tree)
        if called_name(node) in {"select", "insert", "update", "delete", "scalars"}
    ]

    assert queries == []


def test_files_read_in_one_sitting() -> None:
    long = {module.name: module.line_count for module in modules() if module.line_count > MOST_LINES_IN_A_FILE}

    assert long == {}


def test_functions_fit_a_screen() -> None:
    long = {
        f"{module.place(function)} {function.name}": lines
        for module in modules()
        for function in module.functions()
        if (lines := (function.end_lineno or 0) - function.lineno) > MOST_LINES_IN_A_FUNCTION
    }

    assert long == {}


def test_tasks_are_short() -> None:
    long = {
        function.name: len(function.body)
        for module in modules()
        if module.path.parent == APP / "tasks"
        for function in module.functions()
        if any(called_name(decorator) == "task" for decorator in function.decorator_list)
        and (function.end_lineno or 0) - function.body[0].lineno > 22
    }

    assert long == {}


def test_the_application_does_not_assert() -> None:
    asserts = [
        module.place(node) for module in modules() for node in ast.walk(module.tree) if isinstance(node, ast.Assert)
    ]

    assert asserts == []


def _object_arguments(function: Function) -> set[str]:
    """The names of a function's arguments, without those that are only a provider's name."""
    arguments = [*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs]
    return {
        argument.arg
        for argument in arguments
        if not (isinstance(argument.annotation, ast.Name) and argument.annotation.id == "str")
    }
