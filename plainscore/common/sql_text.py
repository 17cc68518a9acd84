"""Old name of plainscore.common.text, for branches that are still under way."""

from plainscore.common.text import escape_glob as unglobbed
from plainscore.common.text import file_literal, identifier, parquet_list, text_literal

__all__ = ["file_literal", "identifier", "parquet_list", "text_literal", "unglobbed"]
