"""Jupyter's own conformance suite against the Packetwalk kernel of .venv.

Run by test/jupyter/conformance.test.ts; by hand: .venv/bin/python test/jupyter/test_kernel.py
"""

import unittest

import jupyter_kernel_test


class PacketwalkKernelTests(jupyter_kernel_test.KernelTests):
    kernel_name = "packetwalk"
    language_name = "typescript"
    file_extension = ".ts"
    code_hello_world = "console.log('hello, world')"
    code_stderr = "console.error('oops')"
    completion_samples = [
        {"text": "conso", "matches": {"console"}},
        {"text": "'a'.toUpper", "matches": {"toUpperCase"}},
    ]
    complete_code_samples = ["1 + 1", "const f = () => 1", "function f() {\n  return 1\n}", "%%sh node-1\nip addr"]
    incomplete_code_samples = ["function f() {", "[1, 2", "const o = {"]
    invalid_code_samples = ["const = 1", "let 1a"]
    code_page_something = "display?"
    code_generate_error = "throw new Error('as it should')"
    code_execute_result = [
        {"code": "6 * 7", "result": "42"},
        {"code": "await Promise.resolve('x')", "result": "'x'"},
    ]
    code_display_data = [
        {"code": "display(display.bundle({'image/png': 'iVBORw0KGgo='}))", "mime": "image/png"},
        {"code": "display(1)", "mime": "text/plain"},
    ]
    code_clear_output = "display.clear()"
    code_inspect_sample = "console"
    code_history_pattern = "6*"
    supported_history_operations = ("tail", "range", "search")


class PacketwalkWelcomeTests(jupyter_kernel_test.IopubWelcomeTests):
    kernel_name = "packetwalk"
    support_iopub_welcome = True


if __name__ == "__main__":
    unittest.main(verbosity=2)
