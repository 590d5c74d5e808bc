"""What the Hugging Face Hub calls a licence: it takes no card that names one otherwise.

Source: https://huggingface.co/docs/hub/repositories-licenses
"""

import re

_OTHER = "other"
_NAMES = """
apache-2.0 mit openrail bigscience-openrail-m creativeml-openrail-m bigscience-bloom-rail-1.0
bigcode-openrail-m afl-3.0 artistic-2.0 bsl-1.0 bsd bsd-2-clause bsd-3-clause
bsd-3-clause-clear c-uda cc cc0-1.0 cc-by-2.0 cc-by-2.5 cc-by-3.0 cc-by-4.0 cc-by-sa-3.0
cc-by-sa-4.0 cc-by-nc-2.0 cc-by-nc-3.0 cc-by-nc-4.0 cc-by-nd-4.0 cc-by-nc-nd-3.0
cc-by-nc-nd-4.0 cc-by-nc-sa-2.0 cc-by-nc-sa-3.0 cc-by-nc-sa-4.0 cdla-sharing-1.0
cdla-permissive-1.0 cdla-permissive-2.0 wtfpl ecl-2.0 epl-1.0 epl-2.0 etalab-2.0 eupl-1.1
agpl-3.0 gfdl gpl gpl-2.0 gpl-3.0 lgpl lgpl-2.1 lgpl-3.0 isc lppl-1.3c ms-pl mpl-2.0 odc-by odbl
openrail++ osl-3.0 postgresql ofl-1.1 ncsa unlicense zlib pddl llama2 gemma unknown
"""
_KNOWN = frozenset(_NAMES.split())
_VERSION_LEFT_OUT = re.compile(r"^(odc-by|odbl|pddl|c-uda|gfdl)-\d.*")
_LATER = re.compile(r"-(only|or-later)$")


def hub_licence(spdx: str) -> str:
    """The Hub's name of an SPDX licence; `other` for what it does not know, such as `A OR B`.

    >>> hub_licence("CC-BY-4.0"), hub_licence("GPL-3.0-or-later"), hub_licence("ODC-By-1.0")
    ('cc-by-4.0', 'gpl-3.0', 'odc-by')
    >>> hub_licence("LicenseRef-crawl"), hub_licence("MIT OR Apache-2.0")
    ('other', 'other')
    """
    name = _LATER.sub("", _VERSION_LEFT_OUT.sub(r"\1", spdx.lower()))
    return name if name in _KNOWN else _OTHER
