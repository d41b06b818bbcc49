"""What mkdocs does to the pages of docs/ that GitHub shows as they are."""

import os
import re

LINK = re.compile(r"(\]\()([^)\s#:]+)(#[^)\s]*)?(\))")
FENCE = re.compile(r"^\s*```")


def on_page_markdown(markdown, page, config, files):
    """Points links to what is no page of the site (sources, README.md) at the repository."""
    folder = os.path.dirname(os.path.join("docs", page.file.src_uri))
    out, fenced = [], False
    for line in markdown.split("\n"):
        if FENCE.match(line):
            fenced = not fenced
        elif not fenced:
            line = LINK.sub(lambda m: _link(m, folder, config, files), line)
        out.append(line)
    return "\n".join(out)


def _link(match, folder, config, files):
    target = os.path.normpath(os.path.join(folder, match.group(2)))
    inside = os.path.relpath(target, "docs")
    if inside == "decisions":
        return match.group(1) + os.path.relpath("docs/decisions/index.md", folder) + match.group(4)
    if not inside.startswith("..") and files.get_file_from_path(inside) and not inside.endswith(".go"):
        return match.group(0)
    if not os.path.exists(target):
        return match.group(0)  # strict finds it
    kind = "tree" if os.path.isdir(target) else "blob"
    return f"{match.group(1)}{config.repo_url}/{kind}/main/{target}{match.group(3) or ''}{match.group(4)}"
