// What a class of any size starts from. A container engine is not needed: test/hub/replay.py plays the Dockerfile by
// chroot, and test/hub/classroom.py measures a hub; both are run by hand. This holds what they can't notice in time.
import * as fs from "node:fs";
import * as path from "node:path";
import { expect } from "chai";
import { parse } from "yaml";
import { ROOT } from "../jupyter/python.ts";

const text = (file: string) => fs.readFileSync(path.join(ROOT, file), "utf8");
const { version } = JSON.parse(text("package.json")) as { version: string };

describe("images and settings for a class", () => {
  it("copy what is there, and nothing that the context leaves out", () => {
    const copied = text("assets/jupyterhub/Dockerfile")
      .split("\n")
      .filter((line) => line.startsWith("COPY ") && !line.includes("--from="))
      .flatMap((line) => line.split(" ").slice(1, -1));
    expect(copied).to.include.members(["package-lock.json", "lib", "notebooks"]);
    const leftOut = text(".dockerignore").trim().split("\n");
    for (const source of copied) {
      expect(fs.existsSync(path.join(ROOT, source)), source).to.equal(true);
      expect(leftOut, source).not.to.include(source.split("/")[0]);
    }
  });

  it("open a chapter that is in the image, under the version of the package", () => {
    const { singleuser } = parse(text("assets/jupyterhub/values.yaml"));
    expect(singleuser.image.tag).to.equal(version);
    const [, chapter] = singleuser.defaultUrl.split("/lab/tree/packetwalk/");
    expect(fs.existsSync(path.join(ROOT, chapter)), chapter).to.equal(true);
  });

  it("call programs of the project that are there", () => {
    const container = JSON.parse(text(".devcontainer/devcontainer.json"));
    for (const command of [container.postCreateCommand, ...text(".binder/postBuild").split("\n")]) {
      const [, program] = /^node (?:dist\/)?(lib\/\S+?)\.m?js /.exec(command) ?? [];
      const found =
        program === undefined || [".ts", ".mjs"].some((end) => fs.existsSync(path.join(ROOT, program + end)));
      expect(found, command).to.equal(true);
    }
    expect(fs.statSync(path.join(ROOT, ".binder/postBuild")).mode & 0o111).to.equal(0o111);
  });
});
