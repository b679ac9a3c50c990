//! Runs many samples of a language at once. A sample stays as it is; what is put around it is mechanical: a package
//! of its own in Go and Java, a class around the top-level statements of C#, whose compiler here is Mono's.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use aforo_docs::sample::{KEY_VARIABLE, Language, SampleFile};

/// A key that is no key.
pub(crate) fn key() -> String {
    ["sk", "test", "abc123"].join("_")
}

/// One sample, and the files that it reads.
pub(crate) struct Sample {
    pub(crate) case: usize,
    pub(crate) code: String,
    pub(crate) files: Vec<SampleFile>,
}

/// Runs all samples; gives what went wrong, as their tools tell it.
pub(crate) fn run(language: Language, samples: &[Sample]) -> String {
    let root = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("samples-{}", language.id()));
    let _ = fs::remove_dir_all(&root);
    let work = Work { root, samples };
    for sample in samples {
        let folder = work.folder(sample);
        fs::create_dir_all(&folder).unwrap();
        for file in &sample.files {
            fs::write(folder.join(&file.name), &file.bytes).unwrap();
        }
    }
    match language {
        Language::Curl => work.curl(),
        Language::JavaScript => work.javascript(),
        Language::Python => work.python(),
        Language::Go => work.go(),
        Language::Java => work.java(),
        Language::Ruby => work.ruby(),
        Language::Php => work.php(),
        Language::CSharp => work.csharp(),
        other => panic!("no way to run {other:?}: add one"),
    }
}

struct Work<'a> {
    root: PathBuf,
    samples: &'a [Sample],
}

impl Work<'_> {
    fn folder(&self, sample: &Sample) -> PathBuf {
        self.root.join(format!("c{}", sample.case))
    }
    fn write(&self, name: &str, text: &str) {
        fs::write(self.root.join(name), text).unwrap();
    }
    fn write_each(&self, name: &str, text: impl Fn(&Sample) -> String) {
        for sample in self.samples {
            fs::write(self.folder(sample).join(name), text(sample)).unwrap();
        }
    }
    /// Runs a program to its end and gives what it says on its standard error.
    fn tool(&self, folder: &Path, program: &str, arguments: &[&str]) -> String {
        let mut command = Command::new("timeout");
        command
            .args(["240", program])
            .args(arguments)
            .current_dir(folder)
            .env(KEY_VARIABLE, key())
            .env("CURL_HOME", &self.root)
            .env("NETRC", "/dev/null")
            .env("NO_PROXY", "127.0.0.1")
            .env("no_proxy", "127.0.0.1")
            .env("GO111MODULE", "on")
            .env("GOPROXY", "off")
            .env("GOFLAGS", "-mod=mod")
            .env_remove("GOROOT");
        let output = command
            .output()
            .unwrap_or_else(|e| panic!("`timeout` of coreutils: {e}"));
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        match output.status.code() {
            Some(0) => said,
            Some(127) => panic!(
                "the samples are run, and `{program}` is missing here: run scripts/setup as root ({said})"
            ),
            code => format!(
                "{program} ended with {code:?}\n{said}{}",
                String::from_utf8_lossy(&output.stdout)
            ),
        }
    }

    fn curl(&self) -> String {
        self.write_each("sample.sh", |s| format!("{}\n", s.code));
        let mut all = String::new();
        for sample in self.samples {
            let case = sample.case;
            all.push_str(&format!(
                "(cd c{case} && . ./sample.sh) >/dev/null || echo \"case {case}: $?\" >&2\n"
            ));
        }
        self.write("all.sh", &all);
        // The samples show no meter of their own.
        let said = self.tool(&self.root, "sh", &["all.sh"]);
        said.lines()
            .filter(|line| line.starts_with("case ") || line.contains("rror") || line.contains("curl:"))
            .collect::<Vec<_>>()
            .join("\n")
    }

    fn javascript(&self) -> String {
        self.write_each("sample.mjs", |s| s.code.clone());
        let cases: Vec<usize> = self.samples.iter().map(|s| s.case).collect();
        self.write(
            "all.mjs",
            &format!(
                "const root = process.cwd();\nconsole.log = () => {{}};\nfor (const i of {cases:?}) {{\n  \
                 process.chdir(`${{root}}/c${{i}}`);\n  try {{ await import(`${{root}}/c${{i}}/sample.mjs`); }} \
                 catch (e) {{ console.error(`case ${{i}}:`, e); }}\n}}\n"
            ),
        );
        self.tool(&self.root, "node", &["all.mjs"])
    }

    fn python(&self) -> String {
        self.write_each("sample.py", |s| s.code.clone());
        let cases: Vec<usize> = self.samples.iter().map(|s| s.case).collect();
        self.write(
            "all.py",
            &format!(
                "import os, runpy, sys, traceback, warnings\nwarnings.simplefilter('ignore', ResourceWarning)\n\
                 try:\n    import requests\nexcept ImportError:\n    sys.exit(42)\n\
                 root = os.getcwd()\nsys.stdout = open(os.devnull, 'w')\nfor i in {cases:?}:\n    \
                 os.chdir(f'{{root}}/c{{i}}')\n    try:\n        runpy.run_path('sample.py')\n    except Exception:\n        \
                 print('case', i, traceback.format_exc(), file=sys.stderr)\n"
            ),
        );
        // Debian's own Python has Debian's packages; another one in the path may not.
        for python in ["python3", "/usr/bin/python3"] {
            let said = self.tool(&self.root, python, &["-W", "error::SyntaxWarning", "all.py"]);
            if !said.contains("ended with Some(42)") {
                return said;
            }
        }
        panic!("the samples are run, and Python's `requests` is missing here: run scripts/setup as root");
    }

    fn go(&self) -> String {
        let (mut imports, mut calls) = (String::new(), String::new());
        for sample in self.samples {
            let case = sample.case;
            let code = sample
                .code
                .replacen("package main", &format!("package c{case}"), 1)
                .replacen("func main() {", "func Main() {", 1)
                + "\n";
            fs::write(self.folder(sample).join("sample.go"), code).unwrap();
            imports.push_str(&format!("\t\"samples/c{case}\"\n"));
            calls.push_str(&format!("\tos.Chdir(root + \"/c{case}\")\n\tc{case}.Main()\n"));
        }
        self.write("go.mod", "module samples\n\ngo 1.18\n");
        self.write(
            "main.go",
            &format!(
                "package main\n\nimport (\n\t\"os\"\n{imports})\n\nfunc main() {{\n\troot, _ := os.Getwd()\n\
                 \tos.Stdout, _ = os.Open(os.DevNull)\n{calls}}}\n"
            ),
        );
        // A reader's editor would lay it out so.
        let mut said = self.tool(&self.root, "gofmt", &["-l", "."]);
        said.push_str(&self.tool(&self.root, "go", &["vet", "./..."]));
        let said = self.tool(&self.root, "go", &["build", "-o", "all", "."]);
        match said.is_empty() {
            true => self.tool(&self.root, "./all", &[]),
            false => said,
        }
    }

    fn java(&self) -> String {
        let mut calls = String::new();
        let mut all = String::new();
        for sample in self.samples {
            let case = sample.case;
            let code = format!("package c{case};\n{}", sample.code);
            fs::write(self.folder(sample).join("Sample.java"), code).unwrap();
            calls.push_str(&format!(
                "      case \"{case}\": c{case}.Sample.main(args); break;\n"
            ));
            all.push_str(&format!("c{case}/Sample.java\n"));
        }
        self.write(
            "All.java",
            &format!(
                "public class All {{\n  public static void main(String[] args) {{\n    var out = System.out;\n    \
                 System.setOut(new java.io.PrintStream(java.io.OutputStream.nullOutputStream()));\n    \
                 for (var i : args) {{ try {{ one(i, args); }} catch (Throwable e) {{ System.err.println(\"case \" + i + \": \" \
                 + e); }} }}\n    System.exit(0);\n  }}\n  static void one(String i, String[] args) throws Exception {{\n    \
                 switch (i) {{\n{calls}    }}\n  }}\n}}\n"
            ),
        );
        self.write("all.txt", &format!("{all}All.java\n"));
        let javac = [
            "-J-XX:TieredStopAtLevel=1",
            "-encoding",
            "UTF-8",
            "-proc:none",
            "-d",
            "out",
            "@all.txt",
        ];
        let said = self.tool(&self.root, "javac", &javac);
        if !said.is_empty() {
            return said;
        }
        // A Java program cannot change its folder.
        let out = self.root.join("out");
        let start = |folder: &Path, cases: &[String]| {
            let mut arguments = vec![
                "-Xshare:auto",
                "-XX:TieredStopAtLevel=1",
                "-cp",
                out.to_str().unwrap(),
                "All",
            ];
            arguments.extend(cases.iter().map(String::as_str));
            self.tool(folder, "java", &arguments)
        };
        // So those whose files have different names share one.
        let mut groups: Vec<Vec<&Sample>> = Vec::new();
        let clash = |a: &Sample, b: &Sample| a.files.iter().any(|f| b.files.iter().any(|g| f.name == g.name));
        for sample in self.samples {
            match groups
                .iter_mut()
                .find(|group| !group.iter().any(|other| clash(other, sample)))
            {
                Some(group) => group.push(sample),
                None => groups.push(vec![sample]),
            }
        }
        let mut said = String::new();
        for (i, group) in groups.iter().enumerate() {
            let folder = self.root.join(format!("files{i}"));
            fs::create_dir(&folder).unwrap();
            for file in group.iter().flat_map(|sample| &sample.files) {
                fs::write(folder.join(&file.name), &file.bytes).unwrap();
            }
            let cases: Vec<String> = group.iter().map(|sample| sample.case.to_string()).collect();
            said.push_str(&start(&folder, &cases));
        }
        said
    }

    fn ruby(&self) -> String {
        self.write_each("sample.rb", |s| s.code.clone());
        let cases: Vec<usize> = self.samples.iter().map(|s| s.case).collect();
        self.write(
            "all.rb",
            &format!(
                "root = Dir.pwd\n$stdout = File.open(File::NULL, 'w')\n{cases:?}.each do |i|\n  Dir.chdir(\"#{{root}}/c#{{i}}\")\n  \
                 begin\n    load(\"#{{root}}/c#{{i}}/sample.rb\", true)\n  rescue Exception => e\n    \
                 $stderr.puts(\"case #{{i}}: #{{e.full_message(highlight: false)}}\")\n  end\nend\n"
            ),
        );
        self.tool(&self.root, "ruby", &["all.rb"])
    }

    fn php(&self) -> String {
        self.write_each("sample.php", |s| s.code.clone());
        let cases: Vec<usize> = self.samples.iter().map(|s| s.case).collect();
        self.write(
            "all.php",
            &format!(
                "<?php\nif (!function_exists('curl_init')) {{ exit(42); }}\n$root = getcwd();\nfunction one($i) {{ \
                 include 'sample.php'; }}\nob_start();\nforeach ({cases:?} as $i) {{\n  chdir(\"$root/c$i\");\n  \
                 try {{ (function () use ($root, $i) {{ include \"$root/c$i/sample.php\"; }})(); }} catch (Throwable $e) {{ \
                 fwrite(STDERR, \"case $i: $e\\n\"); }}\n}}\nob_end_clean();\n"
            ),
        );
        let said = self.tool(
            &self.root,
            "php",
            &[
                "-d",
                "display_errors=stderr",
                "-d",
                "error_reporting=-1",
                "all.php",
            ],
        );
        assert!(
            !said.contains("ended with Some(42)"),
            "the samples are run, and PHP's curl extension is missing here: run scripts/setup as root"
        );
        said
    }

    fn csharp(&self) -> String {
        for sample in self.samples {
            // Top-level statements are C# 9: the `using` lines stay on top, the rest goes into a method.
            let is_head = |line: &&str| line.starts_with("using ") || line.starts_with("// Reads ");
            let head: Vec<&str> = sample.code.lines().take_while(is_head).collect();
            let rest = sample
                .code
                .lines()
                .skip(head.len())
                .collect::<Vec<_>>()
                .join("\n");
            let code = format!(
                "namespace C{} {{\n{}\npublic class Program {{ public static async System.Threading.Tasks.Task Main() \
                 {{\n{rest}\n}} }} }}\n",
                sample.case,
                head.join("\n")
            );
            fs::write(self.folder(sample).join("sample.cs"), code).unwrap();
        }
        let calls: String = self
            .samples
            .iter()
            .map(|s| format!("    One(\"{0}\", () => C{0}.Program.Main());\n", s.case))
            .collect();
        self.write(
            "all.cs",
            &format!(
                "using System; using System.IO;\npublic class All {{\n  static string root = Directory.GetCurrentDirectory();\n  \
                 static void One(string i, Func<System.Threading.Tasks.Task> run) {{\n    Directory.SetCurrentDirectory(root + \
                 \"/c\" + i);\n    try {{ run().GetAwaiter().GetResult(); }} catch (Exception e) {{ \
                 Console.Error.WriteLine(\"case \" + i + \": \" + e); }}\n  }}\n  public static void Main() {{\n    \
                 Console.SetOut(TextWriter.Null);\n{calls}    Environment.Exit(0);\n  }}\n}}\n"
            ),
        );
        let mut arguments = vec![
            "-langversion:latest",
            "-codepage:utf8",
            "-r:System.Net.Http.dll",
            "-main:All",
            "-out:all.exe",
            "all.cs",
        ];
        let sources: Vec<String> = self
            .samples
            .iter()
            .map(|s| format!("c{}/sample.cs", s.case))
            .collect();
        arguments.extend(sources.iter().map(String::as_str));
        let said = self.tool(&self.root, "mcs", &arguments);
        if said.contains("error CS") || said.contains("ended with") {
            return said;
        }
        self.tool(&self.root, "mono", &["all.exe"])
    }
}
