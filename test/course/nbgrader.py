# The homework through the real nbgrader: generate_assignment, release, submit, autograde, feedback, export.
# Usage: python nbgrader.py PROJECT FOLDER; prints the grades as JSON, for each assignment. What is handed in is in
# FOLDER/handed-in/ASSIGNMENT/STUDENT.ipynb; of each assignment `right` goes by fetch, submit and collect.
import csv
import json
import os
import shutil
import subprocess
import sys

FILES = {
    "pods": "1-pods-by-hand.ipynb",
    "services": "2-services-by-hand.ipynb",
    "lvs": "3-one-address-many-servers.ipynb",
    "schedulers": "4-who-is-next.ipynb",
    "hunt": "5-a-cluster-that-fails.ipynb",
}

project, folder = sys.argv[1:3]
homework = os.path.join(project, "notebooks", "homework")
course = os.path.join(folder, "course")
exchange = os.path.join(folder, "exchange")
home = os.path.join(folder, "home")
for each in (course, exchange, home):
    os.makedirs(each)
os.chmod(exchange, 0o777)
shutil.copy(os.path.join(homework, "nbgrader_config.py"), course)
tools = os.path.dirname(os.path.abspath(sys.executable))  # nbgrader calls alembic by its name
environment = {**os.environ, "JUPYTER_PREFER_ENV_PATH": "1", "PATH": tools + os.pathsep + os.environ["PATH"]}


def nbgrader(*words, cwd=course, **more):
    command = [sys.executable, "-m", "nbgrader", *words, f"--Exchange.root={exchange}"]
    done = subprocess.run(command, cwd=cwd, env={**environment, **more}, capture_output=True, text=True, timeout=500)
    if done.returncode != 0:
        sys.exit(f"nbgrader {' '.join(words)}: {done.returncode}\n{done.stderr[-4000:]}")


def grade(name, file):
    """The assignment from its source to the feedback; nbgrader knows one student here, the user of this machine."""
    source = os.path.join(course, "source", name)
    os.makedirs(source)
    shutil.copy(os.path.join(homework, file), source)
    nbgrader("generate_assignment", name)
    nbgrader("release_assignment", name)
    handed_in = os.path.join(folder, "handed-in", name)
    nbgrader("fetch_assignment", name, "--course", "packetwalk", cwd=home)
    shutil.copy(os.path.join(handed_in, "right.ipynb"), os.path.join(home, name, file))
    nbgrader("submit", name, "--course", "packetwalk", cwd=home)
    nbgrader("collect", name)
    submitted = os.path.join(course, "submitted")
    (collected,) = (each for each in os.listdir(submitted) if os.path.exists(os.path.join(submitted, each, name, "timestamp.txt")))
    os.makedirs(os.path.join(submitted, "right"), exist_ok=True)
    os.rename(os.path.join(submitted, collected, name), os.path.join(submitted, "right", name))
    for student in sorted(os.listdir(handed_in)):
        place = os.path.join(submitted, student.removesuffix(".ipynb"), name)
        os.makedirs(place, exist_ok=True)
        shutil.copy(os.path.join(handed_in, student), os.path.join(place, file))
    os.rmdir(os.path.join(submitted, collected))
    nbgrader("autograde", name, PACKETWALK_GRADER="a secret")
    nbgrader("generate_feedback", name)


def feedback(student, name):
    page = os.path.join(course, "feedback", student, name, FILES[name].replace(".ipynb", ".html"))
    with open(page) as file:
        return file.read()


handed_in = [name for name in FILES if os.path.isdir(os.path.join(folder, "handed-in", name))]
for name in handed_in:
    grade(name, FILES[name])
nbgrader("export")
told = {name: {"grades": {}, "most": {}, "feedback": {}} for name in handed_in}
with open(os.path.join(course, "grades.csv")) as file:
    for row in csv.DictReader(file):
        student, name = row["student_id"], row["assignment"]
        if not student or not os.path.isdir(os.path.join(course, "feedback", student, name)):
            continue
        told[name]["grades"][student] = float(row["raw_score"])
        told[name]["most"][student] = float(row["max_score"])
        told[name]["feedback"][student] = feedback(student, name)
print(json.dumps(told))
