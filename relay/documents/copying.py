"""A new package of an Office Open XML document's parts that are seen, without what isn't (ECMA-376 part 2)."""

import re
from collections.abc import Mapping

from lxml import etree

from relay.documents.package import write_package
from relay.documents.parts import Link, Part
from relay.documents.trees import named, remove, serialise

CONTENT_TYPES = "[Content_Types].xml"
_TYPES = "http://schemas.openxmlformats.org/package/2006/content-types"
_LINKS = "http://schemas.openxmlformats.org/package/2006/relationships"
_REFERENCE = re.compile(
    r"\{http://(?:schemas\.openxmlformats|purl\.oclc)\.org/(?:officeDocument/(?:2006/)?relationships)\}"
)
_RELATION = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_UNWANTED = ("docVars", "rsids", "fileSharing", "attachedTemplate", "absPath")
_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_SESSIONS = tuple(
    f"{_W}{name}" for name in ("rsidR", "rsidRDefault", "rsidRPr", "rsidP", "rsidTr", "rsidSect", "rsidDel")
)


def copy_package(parts: Mapping[str, Part], root_links: tuple[Link, ...]) -> bytes | None:
    """A new package of the parts that are seen and reached from the main one; None when it would have none."""
    main = [one for one in root_links if one.kind == "officeDocument" and _is_kept(parts, one)]
    if len(main) != 1:
        return None
    kept: dict[str, Part] = {}
    waiting = [main[0].target]
    while waiting:
        name = waiting.pop()
        if name not in kept:
            kept[name] = parts[name]
            waiting += [one.target for one in kept[name].links if not one.external and _is_kept(parts, one)]
    files: dict[str, bytes] = {}
    for name, part in kept.items():
        links = [one for one in part.links if one.external or _is_kept(parts, one)]
        files[name] = _cleaned(part, {one.id for one in links})
        folder, _, base = name.rpartition("/")
        if links:
            files[f"{folder}/_rels/{base}.rels"] = _write_links(links)
    return write_package({CONTENT_TYPES: _write_types(kept), "_rels/.rels": _write_links(main)} | files)


def _is_kept(parts: Mapping[str, Part], link: Link) -> bool:
    return link.target in parts and parts[link.target].seen


def _cleaned(part: Part, links: set[str]) -> bytes:
    """A part without what tells of its author's sessions and machine, and without pointers to what is left out."""
    root = part.root()
    for one in named(root, _UNWANTED):
        around = (
            one.getparent().getparent()
            if one.getparent() is not None and one.getparent().tag.endswith("Choice")
            else None
        )
        remove(one if around is None else around)
    etree.strip_attributes(root, *_SESSIONS)
    for one in list(root.iter()):
        pointers = [key for key, value in one.attrib.items() if _REFERENCE.match(str(key)) and value not in links]
        if pointers and one.tag.rpartition("}")[2] == "pageSetup":
            for key in pointers:
                del one.attrib[key]
        elif pointers and one.getparent() is not None:
            remove(one)
    return serialise(root)


def _write_links(links: list[Link]) -> bytes:
    root = etree.Element(f"{{{_LINKS}}}Relationships", nsmap={None: _LINKS})
    for one in links:
        mode = {"TargetMode": "External"} if one.external else {}
        target = one.target if one.external else f"/{one.target}"
        etree.SubElement(
            root, f"{{{_LINKS}}}Relationship", Id=one.id, Type=f"{_RELATION}/{one.kind}", Target=target, **mode
        )
    return serialise(root)


def _write_types(kept: Mapping[str, Part]) -> bytes:
    root = etree.Element(f"{{{_TYPES}}}Types", nsmap={None: _TYPES})
    etree.SubElement(
        root,
        f"{{{_TYPES}}}Default",
        Extension="rels",
        ContentType="application/vnd.openxmlformats-package.relationships+xml",
    )
    for name, part in kept.items():
        around = (
            "application/vnd.{}+xml"
            if part.type.startswith("ms-")
            else "application/vnd.openxmlformats-officedocument.{}+xml"
        )
        etree.SubElement(root, f"{{{_TYPES}}}Override", PartName=f"/{name}", ContentType=around.format(part.type))
    return serialise(root)
