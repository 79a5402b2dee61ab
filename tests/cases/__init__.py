"""Small suites in files, each with all that loopscope says and changes of it.

A file of ``suites/`` is a sentence that says what is shown, then the files of a suite, each after
its path (``==== test_a.py``), last the result, which ``python -m tests.cases`` writes anew:
read its difference before you commit it. ``options:`` lines below the sentence are options of
``loopscope.types.Options``, such as ``options: safe_only=True``; with ``loop_maps=True`` the maps
are part of the result. A ``targets:`` line names other targets, each shown by what differs. Files
with several configurations are several suites, found on disk. After ``==== trace`` stands the
record of a run: ``function:`` and the fields of a ``TracedFunction``, or a kind of tests
(``async``, ``asking``), the id of a test and the fixtures that it used.
"""
