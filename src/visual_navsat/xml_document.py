# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Read XML that people were sent: what a document declares must not grow, or name other files."""

from __future__ import annotations

from typing import Any
from xml.etree.ElementTree import Element, TreeBuilder
from xml.parsers.expat import ExpatError, ParserCreate

from visual_navsat.errors import VisualNavsatError

_REASON = 200  # characters of what the parser says


class XmlError(VisualNavsatError, ValueError):
    """A document is refused; the text follows on the name of its file."""


def parse_xml(content: bytes, max_bytes: int, takes_doctype: bool = False) -> Element:
    """
    Return the root of a document, tags without the prefixes of their namespaces.

    :param takes_doctype: a document type is read over; entities that it declares never are.
    :raises XmlError: if it is no XML, too large or declares what is refused.
    """
    if len(content) > max_bytes:
        raise XmlError(f'has {len(content)} bytes, at most {max_bytes} are read')
    builder = TreeBuilder()
    parser = ParserCreate()

    def refuse_doctype(*_: Any) -> None:
        raise XmlError('has a DOCTYPE, which is not needed')

    def refuse_entity(*_: Any) -> None:
        raise XmlError('is damaged (it declares entities)')

    if not takes_doctype:
        parser.StartDoctypeDeclHandler = refuse_doctype
    parser.EntityDeclHandler = refuse_entity
    parser.StartElementHandler = lambda tag, attributes: builder.start(_local(tag), attributes)
    parser.EndElementHandler = lambda tag: builder.end(_local(tag))
    parser.CharacterDataHandler = builder.data
    try:
        parser.Parse(content, True)
        return builder.close()
    except XmlError:
        raise
    except (ExpatError, LookupError, ValueError) as error:
        raise XmlError(f'is damaged ({str(error)[:_REASON]})') from error


def _local(tag: str) -> str:
    return tag.rpartition(':')[2]
