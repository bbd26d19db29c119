"""How much of the library's code checks arguments: at most 15 % of its lines."""

import ast
import tokenize
from collections import Counter
from pathlib import Path

import vidgan

LIBRARY = Path(vidgan.__file__).parent
LARGEST_SHARE = 0.15
# Their functions called check_... check a user's data, the product of `vidgan check-data`.
DATA_CHECKS = ("data/check/", "_cli.py")
# It reads the contents of files, whoever wrote them: what it refuses is no argument.
FILE_READER = "_weight_files/"
_NO_CODE = (
    tokenize.COMMENT,
    tokenize.NL,
    tokenize.NEWLINE,
    tokenize.INDENT,
    tokenize.DEDENT,
    tokenize.ENCODING,
    tokenize.ENDMARKER,
)


def code_lines(path: Path) -> set[int]:
    """Numbers of the lines that hold code: no blank, comment or docstring line."""
    lines: set[int] = set()
    with path.open("rb") as file:
        for token in tokenize.tokenize(file.readline):
            if token.type not in _NO_CODE:
                lines.update(range(token.start[0], token.end[0] + 1))
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            lines -= _span(node)  # a docstring
    return lines


def check_lines(path: Path) -> set[int]:
    """Numbers of the lines that check arguments.

    These are the functions named ``check_...`` and their calls, the ``if`` blocks that end by
    raising, the imports from ``_checks``, and the whole of that file.
    """
    if path.name == "_checks.py":
        return code_lines(path)
    place = path.relative_to(LIBRARY).as_posix()
    if place.startswith(FILE_READER):
        return set()
    lines: set[int] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef) and place.startswith(DATA_CHECKS):
            continue
        if isinstance(node, ast.stmt) and _checks(node):
            lines |= _span(node)
    return lines & code_lines(path)


def _checks(node: ast.stmt) -> bool:
    match node:
        case (
            ast.FunctionDef(name=name)
            | ast.Expr(value=ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name)))
        ):
            return name.lstrip("_").startswith("check_") or name == "_check"
        case ast.If(body=[*_, ast.Raise()], orelse=[]):
            return True
        case ast.ImportFrom(module=str(module)):
            return module.endswith("_checks")
    return False


def _span(node: ast.stmt) -> set[int]:
    return set(range(node.lineno, (node.end_lineno or node.lineno) + 1))


def shares() -> dict[str, tuple[int, int]]:
    """Check lines and code lines of each folder."""
    checks: Counter[str] = Counter()
    code: Counter[str] = Counter()
    for path in sorted(LIBRARY.rglob("*.py")):
        folder = path.relative_to(LIBRARY).parts[0] if path.parent != LIBRARY else path.name
        code[folder] += len(code_lines(path))
        checks[folder] += len(check_lines(path))
    return {folder: (checks[folder], code[folder]) for folder in code}


def test_share_of_check_lines():
    table = shares()
    checks = sum(count for count, _ in table.values())
    code = sum(count for _, count in table.values())
    for folder, (part, whole) in table.items():
        print(f"{folder:16} {part:5} of {whole:5}  {part / max(whole, 1):6.1%}")
    print(f"{'all':16} {checks:5} of {code:5}  {checks / code:6.1%}")
    assert checks / code <= LARGEST_SHARE
