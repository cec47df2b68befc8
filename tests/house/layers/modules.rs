//! Which file uses which: the modules of the crate, what each defines, and every path in it followed to the
//! file that defines what it names. Tests are left out. Not seen: methods, which need types to be followed.

use super::tokens::{is_name, tokens};
use std::collections::{BTreeMap, BTreeSet};

/// A module's names from the crate's root down.
type ModulePath = Vec<String>;

/// For each pair of files, user first, the names that the first takes from the second.
pub type Uses = BTreeMap<(String, String), BTreeSet<String>>;

/// All modules of a crate.
pub struct House {
    modules: BTreeMap<ModulePath, Module>,
}

/// A file.
pub struct Module {
    /// Its path under `src`.
    pub file: String,
    /// Without tests.
    pub tokens: Vec<String>,
    items: BTreeSet<String>,
    /// Names given to macros at the top of the file: some may become items.
    given: BTreeSet<String>,
    children: Vec<String>,
    imports: Vec<Import>,
    /// Paths in its code, `use` lines apart.
    paths: Vec<Vec<String>>,
}

struct Import {
    path: Vec<String>,
    /// What it is called here; `*` for all of a module, `_` for a trait without a name.
    name: String,
    public: bool,
}

/// What a path leads to.
#[derive(Clone, Debug, PartialEq)]
enum Target {
    Module(ModulePath),
    /// Something of this name, defined in this module.
    Item(ModulePath, String),
    /// Of another crate, or a local name.
    Elsewhere,
    /// A path inside the crate that leads nowhere.
    Nowhere,
}

impl House {
    /// Follows `mod` lines from `lib.rs`; `text` gives the file of a path under `src`, if there is one.
    pub fn read(text: &dyn Fn(&str) -> Option<String>) -> Self {
        let mut house = House { modules: BTreeMap::new() };
        let mut open = vec![(vec![], "lib.rs".to_string(), String::new())];
        while let Some((path, file, folder)) = open.pop() {
            let module = Module::read(&file, &text(&file).expect("a file that was found"));
            for name in &module.children {
                let (flat, nested) = (format!("{folder}{name}.rs"), format!("{folder}{name}/mod.rs"));
                let file = if text(&flat).is_some() { flat } else { nested };
                assert!(text(&file).is_some(), "no file for `mod {name}` of {}", module.file);
                let path: ModulePath = path.iter().chain([name]).cloned().collect();
                open.push((path, file, format!("{folder}{name}/")));
            }
            house.modules.insert(path, module);
        }
        house
    }

    /// Every module, in order.
    pub fn modules(&self) -> impl Iterator<Item = &Module> {
        self.modules.values()
    }

    /// Which file takes which names from which.
    ///
    /// # Errors
    /// Paths that lead nowhere: the reader misses something.
    pub fn uses(&self) -> Result<Uses, Vec<String>> {
        let mut uses = Uses::new();
        let mut lost = vec![];
        for (at, module) in &self.modules {
            let imported = module.imports.iter().filter(|i| i.name != "*").map(|i| (&i.path, i.public));
            for (path, public) in imported.chain(module.paths.iter().map(|p| (p, false))) {
                match self.follow(at, path, &mut vec![]) {
                    // That a module hands on what its own children define is no use of it.
                    Target::Item(to, _) if to == *at || (public && to.starts_with(at)) => {}
                    Target::Item(to, name) => {
                        let pair = (module.file.clone(), self.modules[&to].file.clone());
                        uses.entry(pair).or_default().insert(name);
                    }
                    Target::Nowhere => lost.push(format!("{}: {}", module.file, path.join("::"))),
                    Target::Module(_) | Target::Elsewhere => {}
                }
            }
        }
        if lost.is_empty() { Ok(uses) } else { Err(lost) }
    }

    /// Where a path written in module `at` leads.
    fn follow(&self, at: &ModulePath, path: &[String], seen: &mut Vec<(ModulePath, String)>) -> Target {
        let mut here = at.clone();
        for (i, name) in path.iter().enumerate() {
            match name.as_str() {
                "crate" => here.clear(),
                "super" => drop(here.pop()),
                "self" => {}
                _ => match self.named(&here, name, i + 1 == path.len(), seen) {
                    Some(Target::Module(m)) => here = m,
                    Some(target) => return target,
                    None if i == 0 => return Target::Elsewhere,
                    None => return Target::Nowhere,
                },
            }
        }
        Target::Module(here)
    }

    /// What a module calls `name`. At the end of a path an item goes before a module of the same name.
    fn named(
        &self,
        at: &ModulePath,
        name: &str,
        last: bool,
        seen: &mut Vec<(ModulePath, String)>,
    ) -> Option<Target> {
        let key = (at.clone(), format!("{name}{last}"));
        if seen.contains(&key) {
            return None;
        }
        seen.push(key);
        let module = &self.modules[at];
        let child = module
            .children
            .iter()
            .any(|c| c == name)
            .then(|| Target::Module(at.iter().cloned().chain([name.to_string()]).collect()));
        let item = module.items.contains(name).then(|| Target::Item(at.clone(), name.to_string()));
        let imported = || {
            let (named, whole): (Vec<_>, Vec<_>) = module
                .imports
                .iter()
                .filter(|i| i.name == name || i.name == "*")
                .partition(|i| i.name == name);
            for import in named {
                match self.follow(at, &import.path, seen) {
                    Target::Nowhere => {}
                    target => return Some(target),
                }
            }
            for import in whole {
                if let Target::Module(m) = self.follow(at, &import.path, seen)
                    && let Some(target) = self.named(&m, name, last, seen)
                {
                    return Some(target);
                }
            }
            None
        };
        let found = if last { item.or_else(imported).or(child) } else { child.or(item).or_else(imported) };
        found.or_else(|| module.given.contains(name).then(|| Target::Item(at.clone(), name.to_string())))
    }
}

impl Module {
    fn read(file: &str, text: &str) -> Self {
        let tokens = without_tests(tokens(text));
        let mut module = Module {
            file: file.to_string(),
            tokens: vec![],
            items: BTreeSet::new(),
            given: BTreeSet::new(),
            children: vec![],
            imports: vec![],
            paths: vec![],
        };
        let is = |i: usize, what: &str| tokens.get(i).is_some_and(|t| t == what);
        let (mut i, mut depth) = (0, 0);
        while i < tokens.len() {
            let token = tokens[i].as_str();
            let before = i.checked_sub(1).map_or("", |k| tokens[k].as_str());
            match token {
                "{" => depth += 1,
                "}" => depth -= 1,
                "use" if before != "." => {
                    // `pub use`, `pub(crate) use`
                    let public = before == "pub" || before == ")";
                    let end = (i..tokens.len()).find(|&k| is(k, ";")).expect("the end of a `use`");
                    import(&tokens[i + 1..end], &[], public, &mut module.imports);
                    i = end;
                }
                "mod" if depth == 0 && is(i + 2, ";") => {
                    module.children.push(tokens[i + 1].clone());
                    i += 2;
                }
                "!" if depth == 0 && is_name(before) && before != "macro_rules" => {
                    let end = group_end(&tokens, i + 1);
                    module.given.extend(tokens[i + 1..end].iter().filter(|t| is_name(t)).cloned());
                }
                "macro_rules" => drop(module.items.insert(tokens[i + 2].clone())),
                "fn" | "struct" | "enum" | "union" | "trait" | "type" | "const" | "static"
                    if depth == 0 && tokens.get(i + 1).is_some_and(|t| is_name(t)) =>
                {
                    module.items.insert(tokens[i + 1].clone());
                }
                name if is_name(name) && ![".", "::"].contains(&before) => {
                    let mut path = vec![name.to_string()];
                    while is(i + 1, "::") && tokens.get(i + 2).is_some_and(|t| is_name(t)) {
                        path.push(tokens[i + 2].clone());
                        i += 2;
                    }
                    module.paths.push(path);
                }
                _ => {}
            }
            i += 1;
        }
        module.paths.sort();
        module.paths.dedup();
        module.tokens = tokens;
        module
    }
}

/// Behind the brackets that open at `start`.
fn group_end(tokens: &[String], start: usize) -> usize {
    let mut depth = 0;
    for (i, token) in tokens.iter().enumerate().skip(start) {
        match token.as_str() {
            "{" | "(" | "[" => depth += 1,
            "}" | ")" | "]" if depth == 1 => return i + 1,
            "}" | ")" | "]" => depth -= 1,
            _ => {}
        }
    }
    tokens.len()
}

/// Reads what stands behind `use`, braces within braces.
fn import(tokens: &[String], before: &[String], public: bool, out: &mut Vec<Import>) {
    let mut path = before.to_vec();
    let mut i = 0;
    while i < tokens.len() {
        match tokens[i].as_str() {
            "::" => {}
            "{" => {
                let (mut depth, mut start) = (0, i + 1);
                for k in i..tokens.len() {
                    match tokens[k].as_str() {
                        "{" => depth += 1,
                        "}" => depth -= 1,
                        _ => {}
                    }
                    let ends = depth == 0 || (depth == 1 && tokens[k] == ",");
                    if ends && start < k {
                        import(&tokens[start..k], &path, public, out);
                    }
                    if ends {
                        start = k + 1;
                    }
                    if depth == 0 {
                        return;
                    }
                }
            }
            "as" => {
                out.push(Import { path, name: tokens[i + 1].clone(), public });
                return;
            }
            "self" if !path.is_empty() => {}
            "*" => {
                out.push(Import { path, name: "*".into(), public });
                return;
            }
            name => path.push(name.to_string()),
        }
        i += 1;
    }
    let name = path.last().cloned().unwrap_or_default();
    out.push(Import { path, name, public });
}

/// Leaves out every item behind `#[cfg(test)]`.
fn without_tests(tokens: Vec<String>) -> Vec<String> {
    let test = ["#", "[", "cfg", "(", "test", ")", "]"];
    let mut out = vec![];
    let mut i = 0;
    while i < tokens.len() {
        if tokens[i..].len() >= test.len() && tokens[i..i + test.len()] == test {
            i = item_end(&tokens, i + test.len());
        } else {
            out.push(tokens[i].clone());
            i += 1;
        }
    }
    out
}

/// Behind the item that starts at `start`, its attributes included.
fn item_end(tokens: &[String], start: usize) -> usize {
    let mut depth = 0;
    let is_use = tokens[start..].iter().take(5).any(|t| t == "use");
    for (i, token) in tokens.iter().enumerate().skip(start) {
        match token.as_str() {
            "{" | "(" | "[" => depth += 1,
            "}" if depth == 1 && !is_use => return i + 1,
            "}" | ")" | "]" => depth -= 1,
            ";" if depth == 0 => return i + 1,
            _ => {}
        }
    }
    tokens.len()
}

#[test]
fn a_path_leads_to_the_file_that_defines() {
    let files = [
        ("lib.rs", "pub mod a; pub mod b; fn f() { a::One; }"),
        (
            "a/mod.rs",
            "mod one; mod two; pub use one::{One, make as build}; pub struct Own; #[cfg(test)] mod no;",
        ),
        ("a/one.rs", "pub struct One; pub fn make() {} use super::Own; // crate::b::B"),
        ("a/two.rs", "use super::{self as up, one}; fn f() { one::make(); up::Own; \"crate::b::B\"; x.b }"),
        (
            "b.rs",
            "use crate::a::{self, build}; mod c; pub use c::C; pub struct B; fn f(b: a::One) -> c::Id {}
            #[cfg(test)] mod tests { use crate::nowhere::Nothing; }",
        ),
        ("b/c.rs", "pub struct C; made! { Id; } fn f() -> super::B { use crate::a::*; Own }"),
    ];
    let house = House::read(&|file| files.iter().find(|(f, _)| *f == file).map(|(_, t)| t.to_string()));
    let found: Vec<String> = house
        .uses()
        .expect("every path leads somewhere")
        .into_iter()
        .map(|((a, b), names)| format!("{a} {b} {}", names.into_iter().collect::<Vec<_>>().join(" ")))
        .collect();
    assert_eq!(
        found,
        [
            "a/one.rs a/mod.rs Own",
            "a/two.rs a/mod.rs Own",
            "a/two.rs a/one.rs make",
            "b.rs a/one.rs One make",
            "b.rs b/c.rs Id",
            "b/c.rs a/mod.rs Own",
            "b/c.rs b.rs B",
            "lib.rs a/one.rs One",
        ]
    );
}

#[test]
fn a_path_that_leads_nowhere_is_told() {
    let house = House::read(&|file| (file == "lib.rs").then(|| "use crate::gone::Gone;".to_string()));
    assert_eq!(house.uses(), Err(vec!["lib.rs: crate::gone::Gone".to_string()]));
}
