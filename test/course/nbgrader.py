# Homework 1 through the real nbgrader: generate_assignment, release, submit, autograde, feedback, export.
# Usage: python nbgrader.py PROJECT FOLDER; prints the grades as JSON. The submissions are in FOLDER/handed-in/STUDENT.ipynb.
import csv
import json
import os
import shutil
import subprocess
import sys

project, folder = sys.argv[1:3]
homework = os.path.join(project, "notebooks", "homework")
course = os.path.join(folder, "course")
exchange = os.path.join(folder, "exchange")
os.makedirs(os.path.join(course, "source", "pods"))
os.makedirs(exchange)
os.chmod(exchange, 0o777)
shutil.copy(os.path.join(homework, "1-pods-by-hand.ipynb"), os.path.join(course, "source", "pods"))
shutil.copy(os.path.join(homework, "nbgrader_config.py"), course)
tools = os.path.dirname(os.path.abspath(sys.executable))  # nbgrader calls alembic by its name
environment = {**os.environ, "JUPYTER_PREFER_ENV_PATH": "1", "PATH": tools + os.pathsep + os.environ["PATH"]}


def nbgrader(*words, cwd=course, **more):
    command = [sys.executable, "-m", "nbgrader", *words, f"--Exchange.root={exchange}"]
    done = subprocess.run(command, cwd=cwd, env={**environment, **more}, capture_output=True, text=True, timeout=500)
    if done.returncode != 0:
        sys.exit(f"nbgrader {' '.join(words)}: {done.returncode}\n{done.stderr[-4000:]}")


nbgrader("generate_assignment", "pods")
nbgrader("release_assignment", "pods")
handed_in = os.path.join(folder, "handed-in")
# nbgrader knows one student here, the user of this machine: fetch, submit and collect are theirs.
home = os.path.join(folder, "home")
os.makedirs(home)
nbgrader("fetch_assignment", "pods", "--course", "packetwalk", cwd=home)
shutil.copy(os.path.join(handed_in, "right.ipynb"), os.path.join(home, "pods", "1-pods-by-hand.ipynb"))
nbgrader("submit", "pods", "--course", "packetwalk", cwd=home)
nbgrader("collect", "pods")
(collected,) = os.listdir(os.path.join(course, "submitted"))
os.rename(os.path.join(course, "submitted", collected), os.path.join(course, "submitted", "right"))
for file in sorted(os.listdir(handed_in)):
    place = os.path.join(course, "submitted", file.removesuffix(".ipynb"), "pods")
    os.makedirs(place, exist_ok=True)
    shutil.copy(os.path.join(handed_in, file), os.path.join(place, "1-pods-by-hand.ipynb"))
nbgrader("autograde", "pods", PACKETWALK_GRADER="a secret")
nbgrader("generate_feedback", "pods")
nbgrader("export")
with open(os.path.join(course, "grades.csv")) as file:
    grades = {row["student_id"]: float(row["raw_score"]) for row in csv.DictReader(file) if row["student_id"]}
feedback = {}
for student in grades:
    page = os.path.join(course, "feedback", student, "pods", "1-pods-by-hand.html")
    with open(page) as file:
        feedback[student] = file.read()
print(json.dumps({"grades": grades, "feedback": feedback}))
