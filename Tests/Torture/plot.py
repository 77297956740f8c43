"""Writes what `scale` measured: scale.json, scale.md with the table, and scale.svg."""

import html
import json
import math
import os
import platform

# What is drawn, with a shorter name where there is one.
DRAWN = {
    "open": "open", "search: rare word": "search, rare word",
    "search: common word": "search, common word", "search: phrase": "search, phrase",
    "show": "show a conversation", "label": "label a conversation",
    "import of 1,000": "import 1,000 messages", "export of 1,000": "export 1,000 messages",
    "verify of it": "verify that export", "hold placed": "place a hold",
    "list of all": "list everything", "policy, dry run": "policy, dry run",
    "purge of one, erasure": "purge one, with erasure", "new key": "change the key",
    "audit verify": "verify the log", "doctor": "doctor"}
WIDTH, HEIGHT = 960, 640
LEFT, RIGHT, TOP, BOTTOM = 84, 268, 76, 64
LINE_HEIGHT = 17

STYLE = """
svg { --ink: #1d2433; --faint: #d9dde5; --quiet: #5a6478; --paper: #ffffff;
  --a: #1f5fa8; --b: #b3420e; }
@media (prefers-color-scheme: dark) {
  svg { --ink: #e8ebf2; --faint: #343b4a; --quiet: #a3acbd; --paper: #12161f;
    --a: #7db4f2; --b: #f2a273; } }
text { font: 13px system-ui, sans-serif; fill: var(--ink); }
.title { font-size: 18px; font-weight: 600; } .quiet { fill: var(--quiet); }
.paper { fill: var(--paper); } .grid { stroke: var(--faint); stroke-width: 1; }
.axis { fill: none; stroke: var(--quiet); stroke-width: 1; }
.line { fill: none; stroke-width: 2; stroke-linejoin: round; }
.leader { fill: none; stroke-width: 1; opacity: 0.5; }
.a .line, .a .leader { stroke: var(--a); } .b .line, .b .leader { stroke: var(--b); }
.a circle, .a text { fill: var(--a); } .b circle, .b text { fill: var(--b); }
"""


def seconds_text(value):
    if value >= 100:
        return f"{value:,.0f} s"
    if value >= 1:
        return f"{value:.2g} s"
    return f"{value * 1000:.0f} ms" if value >= 0.01 else f"{value * 1000:.2g} ms"


def count_text(value):
    if value >= 1_000_000:
        return f"{value / 1e6:g} million"
    return f"{value:,}"


class Plane:
    """Where numbers stand on the drawing, both ways by their logarithms."""

    def __init__(self, table):
        sizes = [line["messages"] for line in table]
        values = [line["operations"][name]["seconds"] for line in table for name in DRAWN
                  if name in line["operations"]]
        self.low, self.high = math.log10(min(sizes)), math.log10(max(sizes))
        self.high = max(self.high, self.low + 0.1)
        self.bottom = math.floor(math.log10(min(values)))
        self.top = math.ceil(math.log10(max(values)))

    def x(self, size):
        share = (math.log10(size) - self.low) / (self.high - self.low)
        return LEFT + share * (WIDTH - LEFT - RIGHT)

    def y(self, seconds):
        share = (math.log10(max(seconds, 1e-4)) - self.bottom) / (self.top - self.bottom)
        return HEIGHT - BOTTOM - share * (HEIGHT - TOP - BOTTOM)


def apart(places):
    """Places of labels from the top down, moved until each has its line's height."""
    order = sorted(range(len(places)), key=lambda index: places[index])
    moved = [places[index] for index in order]
    lowest = HEIGHT - BOTTOM + 8
    for index in range(1, len(moved)):
        moved[index] = max(moved[index], moved[index - 1] + LINE_HEIGHT)
    for index in reversed(range(len(moved))):
        moved[index] = min(moved[index], lowest - LINE_HEIGHT * (len(moved) - 1 - index))
    result = dict(zip(order, moved))
    return [result[index] for index in range(len(places))]


def grid(plane, table):
    parts, right = [], WIDTH - RIGHT
    for power in range(plane.bottom, plane.top + 1):
        y = plane.y(10**power)
        parts.append(f'<path class="grid" d="M{LEFT} {y:.1f}H{right}"/>'
                     f'<text class="quiet" x="{LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">'
                     f"{seconds_text(10**power)}</text>")
    for line in table:
        x = plane.x(line["messages"])
        parts.append(f'<path class="grid" d="M{x:.1f} {TOP}V{HEIGHT - BOTTOM}"/>'
                     f'<text class="quiet" x="{x:.1f}" y="{HEIGHT - BOTTOM + 20}" '
                     f'text-anchor="middle">{count_text(line["messages"])}</text>')
    middle = (TOP + HEIGHT - BOTTOM) / 2
    parts.append(
        f'<path class="axis" d="M{LEFT} {TOP}V{HEIGHT - BOTTOM}H{right}"/>'
        f'<text x="{(LEFT + right) / 2}" y="{HEIGHT - 18}" text-anchor="middle">'
        "messages in the vault</text>"
        f'<text transform="translate(20 {middle}) rotate(-90)" text-anchor="middle">'
        "time of the whole command</text>")
    return parts


def drawing(table, constant):
    """The SVG document; operations that may not grow have one colour, all others the other."""
    plane = Plane(table)
    names = [name for name in DRAWN if name in table[-1]["operations"]]
    lines = {name: [(plane.x(line["messages"]), plane.y(line["operations"][name]["seconds"]))
                    for line in table if name in line["operations"]] for name in names}
    labels = apart([lines[name][-1][1] for name in names])
    parts = grid(plane, table)
    for name, label in zip(names, labels):
        points = lines[name]
        last = table[-1]["operations"][name]["seconds"]
        x, y = points[-1]
        path = "L".join(f"{a:.1f} {b:.1f}" for a, b in points)
        dots = "".join(f'<circle cx="{a:.1f}" cy="{b:.1f}" r="3"/>' for a, b in points)
        parts.append(
            f'<g class="{"a" if name in constant else "b"}"><path class="line" d="M{path}"/>{dots}'
            f'<path class="leader" d="M{x + 4:.1f} {y:.1f}L{WIDTH - RIGHT + 22} {label:.1f}"/>'
            f'<text x="{WIDTH - RIGHT + 26}" y="{label + 4:.1f}">{html.escape(DRAWN[name])}, '
            f"{seconds_text(last)}</text></g>")
    title = "What an operation costs while a vault grows"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
        f'aria-label="{title}"><title>{title}</title><style>{STYLE}</style>'
        f'<rect class="paper" width="{WIDTH}" height="{HEIGHT}"/>'
        f'<text class="title" x="{LEFT}" y="32">{title}</text>'
        f'<text class="quiet" x="{LEFT}" y="54">Medians; both axes are logarithmic. '
        '<tspan style="fill:var(--a)">Blue: looks at little.</tspan> '
        '<tspan style="fill:var(--b)">Orange: looks at everything.</tspan></text>'
        + "\n".join(parts) + "</svg>\n")


def rows(table, name):
    """A row of the tables of seconds and of memory."""
    costs = [line["operations"].get(name) for line in table]
    times = [f"{seconds_text(cost['seconds'])} ({seconds_text(cost['processorSeconds'])})"
             if cost else "" for cost in costs]
    return f"| {name} | " + " | ".join(times) + " |"


def document(table, seed):
    """The page with the tables."""
    sizes = " | ".join(count_text(line["messages"]) for line in table)
    rule = "|---" + "|---:" * len(table) + "|"
    imports = [line["import"] for line in table]
    names = list(dict.fromkeys(name for line in table for name in line["operations"]))
    machine = f"{platform.system()} on {platform.machine()} with {os.cpu_count()} processors"
    memory = [
        f"| {name} | " + " | ".join(
            f"{line['operations'][name]['peakBytes'] / 1e6:.0f} MB"
            if name in line["operations"] else "" for line in table) + " |" for name in names]
    return "\n".join([
        "# Scale", "",
        "What every operation costs while a vault grows, measured by `tools/torture scale --sizes "
        f"{','.join(str(line['messages']) for line in table)} --seed {seed} --write docs` on "
        f"{machine} that did other work as well. Each is a whole command, its start and its key "
        "included; medians of three or five runs, of one where it takes more than 20 seconds. In "
        "brackets: what it took of processors.", "",
        "![Seconds of each operation by messages in the vault](scale.svg)", "",
        f"| messages | {sizes} |", rule,
        "| size of the vault | " + " | ".join(
            f"{line['sizeBytes'] / 1e6:,.0f} MB" for line in table) + " |",
        "| imported a second | " + " | ".join(
            f"{part['messages'] / part['seconds']:,.0f}" for part in imports) + " |",
        *(rows(table, name) for name in names), "",
        "The most memory that any run of it took:", "", f"| messages | {sizes} |", rule,
        "| import | " + " | ".join(f"{part['peakBytes'] / 1e6:.0f} MB" for part in imports) + " |",
        *memory, ""])


def write(folder, table, seed, constant=()):
    """Writes all three files into a folder."""
    if not table:
        return
    folder.mkdir(parents=True, exist_ok=True)
    documents = {
        "scale.json": json.dumps({"seed": seed, "sizes": table}, indent=1) + "\n",
        "scale.md": document(table, seed), "scale.svg": drawing(table, constant)}
    for name, text in documents.items():
        path = folder / name
        path.write_text(text, encoding="utf-8")
        path.chmod(0o644)
