"""Small suites in files, each with all that loopscope says and changes of it.

A file of ``suites/`` is a sentence that says what is shown, then the files of a suite, each after
its path (``==== test_a.py``), last the result, which ``python -m tests.cases`` writes anew:
read its difference before you commit it. ``options:`` lines below the sentence are options of
``loopscope.types.Options``, such as ``options: safe_only=True``.
"""
