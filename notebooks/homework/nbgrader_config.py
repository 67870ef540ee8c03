# nbgrader for Packetwalk's homework; copy it beside the folders of your course (source/, submitted/, ...).
# Then: nbgrader generate_assignment pods; nbgrader release_assignment pods; ... ; and, with a secret of your own,
# PACKETWALK_GRADER=secret nbgrader autograde pods; nbgrader generate_feedback pods
c = get_config()

c.CourseDirectory.course_id = "packetwalk"

# The homework ships unsolved, so there is no solution to clear: an answer's cell keeps its beginning.
c.GenerateAssignment.preprocessors = [
    "nbgrader.preprocessors.IncludeHeaderFooter",
    "nbgrader.preprocessors.LockCells",
    "nbgrader.preprocessors.ClearOutput",
    "nbgrader.preprocessors.CheckCellMetadata",
    "nbgrader.preprocessors.ComputeChecksums",
    "nbgrader.preprocessors.SaveCells",
]

# A cell that does not end costs its own points, and the others go on.
c.ExecutePreprocessor.timeout = 30
c.ExecutePreprocessor.interrupt_on_timeout = True
c.LimitOutput.max_lines = 200
c.LimitOutput.max_traceback = 20
