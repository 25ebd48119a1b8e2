"""The names in the definition of a function: those that it binds, those that it reads, and giving them others."""

import ast
from typing import TypeVar

Node = TypeVar("Node", bound=ast.AST)


def bound(definition: ast.AST) -> set[str]:
    """The names that something inside has: parameters, variables, functions, classes, also of functions inside of it."""
    found: set[str] = set()
    for node in ast.walk(definition):
        match node:
            case ast.Name(id=name) if not isinstance(node.ctx, ast.Load):
                found.add(name)
            case ast.arg(arg=name) | ast.MatchMapping(rest=str(name)):
                found.add(name)
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name) if (
                node is not definition
            ):
                found.add(name)
            case ast.ExceptHandler(name=str(name)) | ast.MatchAs(name=str(name)) | ast.MatchStar(name=str(name)):
                found.add(name)
            case ast.alias(name=name, asname=other):
                found.add((other or name).partition(".")[0])
    return found


def read(definition: ast.AST) -> set[str]:
    """The names that are read somewhere inside."""
    return {node.id for node in ast.walk(definition) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)}


def is_self_contained(definition: ast.AST) -> bool:
    """Does it bind no names of another scope?"""
    return not any(isinstance(node, ast.Global | ast.Nonlocal) for node in ast.walk(definition))


def renamed(definition: Node, names: dict[str, str]) -> Node:
    """The definition with other names for what it reads."""
    for node in ast.walk(definition):
        if isinstance(node, ast.Name):
            node.id = names.get(node.id, node.id)
    return definition


def undecorated(definition: Node) -> Node:
    """The definition without decorators and defaults of its own, and without annotations."""
    if isinstance(definition, ast.FunctionDef):
        definition.decorator_list = []
    if isinstance(definition, ast.FunctionDef | ast.Lambda):
        definition.args.defaults, definition.args.kw_defaults = [], [None] * len(definition.args.kwonlyargs)
    return _Plain().visit(definition)  # type: ignore[no-any-return]


class _Plain(ast.NodeTransformer):
    """Takes annotations away, except in classes, to which they may mean something."""

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.AST:
        return node

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        node.returns = None
        return self.generic_visit(node)

    def visit_arg(self, node: ast.arg) -> ast.AST:
        node.annotation = None
        return node

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST:
        if node.value is None:
            return ast.copy_location(ast.Pass(), node)
        return self.generic_visit(ast.copy_location(ast.Assign([node.target], node.value), node))
