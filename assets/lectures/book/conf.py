"""Sphinx's settings for the book; `packetwalk book` puts the chapters beside this file."""

from pygments.lexer import RegexLexer, bygroups, using
from pygments.lexers.javascript import TypeScriptLexer
from pygments.lexers.shell import BashLexer
from pygments.token import Keyword

project = "Packetwalk"
author = "Packetwalk"
copyright = "Packetwalk's authors, Apache-2.0"
extensions = ["myst_nb"]
exclude_patterns = []
nb_execution_mode = "off"
# A cell's standard error belongs to what it shows; a committed mistake is shown as one.
nb_output_stderr = "show"
nb_merge_streams = True
myst_enable_extensions = ["deflist"]
myst_heading_anchors = 6
suppress_warnings = ["misc.highlighting_failure", "mystnb.unknown_mime_type"]
html_theme = "sphinx_book_theme"
html_title = "Packetwalk"
html_static_path = ["static"]
html_css_files = ["packetwalk.css"]
html_theme_options = {
    "show_navbar_depth": 1,
    "show_toc_level": 2,
    "use_download_button": False,
    "use_fullscreen_button": False,
}
html_show_sphinx = False
html_copy_source = False


class CellLexer(RegexLexer):
    """TypeScript, but a cell that begins with %%sh is a shell's."""

    name = "packetwalk"
    aliases = ["packetwalk"]
    tokens = {"root": [(r"(%%sh.*\n?)((?:.|\n)*)", bygroups(Keyword, using(BashLexer))), (r"(?:.|\n)+", using(TypeScriptLexer))]}


def setup(app):
    app.add_lexer("packetwalk", CellLexer)
