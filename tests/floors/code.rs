//! Rust source as text: what of it is code, what is test, which paths it names.

/// The code alone: comments, literals and everything under `#[cfg(test)]` become blanks; line breaks stay.
pub(crate) fn code_of(source: &str) -> String {
    without_tests(&without_words(source))
}

/// Blanks comments, strings and character literals.
fn without_words(source: &str) -> String {
    let text: Vec<char> = source.chars().collect();
    let mut out = String::with_capacity(source.len());
    let mut at = 0;
    while at < text.len() {
        let end = literal_end(&text, at);
        if end == at {
            out.push(text[at]);
            at += 1;
            continue;
        }
        out.extend(
            text[at..end]
                .iter()
                .map(|c| if *c == '\n' { '\n' } else { ' ' }),
        );
        at = end;
    }
    out
}

/// Where the comment or literal that starts at `at` ends; `at` itself if none does.
fn literal_end(text: &[char], at: usize) -> usize {
    let rest = &text[at..];
    let starts = |prefix: &str| {
        prefix
            .chars()
            .enumerate()
            .all(|(i, c)| rest.get(i) == Some(&c))
    };
    let before = at.checked_sub(1).map(|i| text[i]);
    let in_word = before.is_some_and(|c| c.is_alphanumeric() || c == '_');
    if starts("//") {
        return at + rest.iter().position(|c| *c == '\n').unwrap_or(rest.len());
    }
    if starts("/*") {
        return block_comment_end(text, at);
    }
    if starts("\"") {
        return quoted_end(text, at + 1, '"');
    }
    if !in_word {
        let hashes = rest
            .iter()
            .skip_while(|c| **c == 'b' || **c == 'c')
            .skip(1)
            .take_while(|c| **c == '#')
            .count();
        let prefix = rest.iter().take_while(|c| **c == 'b' || **c == 'c').count();
        if prefix <= 1
            && rest.get(prefix) == Some(&'r')
            && rest.get(prefix + 1 + hashes) == Some(&'"')
        {
            return raw_end(text, at + prefix + 2 + hashes, hashes);
        }
    }
    // 'a' and '\n' are characters, 'a without a closing quote is a lifetime.
    if starts("'") && (rest.get(1) == Some(&'\\') || rest.get(2) == Some(&'\'')) {
        return quoted_end(text, at + 1, '\'');
    }
    at
}

fn block_comment_end(text: &[char], at: usize) -> usize {
    let (mut depth, mut i) = (0_usize, at);
    while i < text.len() {
        match (text[i], text.get(i + 1)) {
            ('/', Some('*')) => (depth, i) = (depth + 1, i + 2),
            ('*', Some('/')) => (depth, i) = (depth - 1, i + 2),
            _ => i += 1,
        }
        if depth == 0 {
            return i;
        }
    }
    text.len()
}

fn quoted_end(text: &[char], mut i: usize, quote: char) -> usize {
    while i < text.len() {
        match text[i] {
            '\\' => i += 2,
            c if c == quote => return i + 1,
            _ => i += 1,
        }
    }
    text.len()
}

fn raw_end(text: &[char], from: usize, hashes: usize) -> usize {
    (from..text.len())
        .find(|i| text[*i] == '"' && (1..=hashes).all(|h| text.get(i + h) == Some(&'#')))
        .map_or(text.len(), |i| i + 1 + hashes)
}

/// Blanks the items under `#[cfg(test)]`.
fn without_tests(code: &str) -> String {
    let mut out = code.to_owned();
    while let Some(start) = out.find("#[cfg(test)]") {
        let end = item_end(&out, start + "#[cfg(test)]".len());
        let blank: String = out[start..end]
            .chars()
            .map(|c| if c == '\n' { '\n' } else { ' ' })
            .collect();
        out.replace_range(start..end, &blank);
    }
    out
}

/// The end of the item from `from` on: its `;`, or the brace that closes its body.
fn item_end(code: &str, from: usize) -> usize {
    let mut depth = 0_usize;
    for (i, c) in code[from..].char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth <= 1 => return from + i + 1,
            '}' => depth -= 1,
            ';' if depth == 0 => return from + i + 1,
            _ => {}
        }
    }
    code.len()
}

/// Every `a::b::c` in the code with its line; `{…}` groups are spread out.
pub(crate) fn paths(code: &str) -> Vec<(usize, Vec<String>)> {
    let tokens = tokens(code);
    let mut found = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        let continues = at > 0 && [".", "::"].contains(&tokens[at - 1].1.as_str());
        if is_name(&tokens[at].1) && !continues {
            at = spread(&tokens, at, &[], &mut found);
        } else {
            at += 1;
        }
    }
    found
}

/// Names, `::` and single signs, each with its line.
fn tokens(code: &str) -> Vec<(usize, String)> {
    let mut tokens: Vec<(usize, String)> = Vec::new();
    for (number, line) in code.lines().enumerate() {
        let mut chars = line.chars().peekable();
        while let Some(c) = chars.next() {
            let mut token = String::from(c);
            if c.is_alphanumeric() || c == '_' {
                while let Some(next) = chars.next_if(|n| n.is_alphanumeric() || *n == '_') {
                    token.push(next);
                }
            } else if c == ':' && chars.next_if_eq(&':').is_some() {
                token.push(':');
            } else if c.is_whitespace() {
                continue;
            }
            tokens.push((number + 1, token));
        }
    }
    tokens
}

fn is_name(token: &str) -> bool {
    token.starts_with(|c: char| c.is_alphabetic() || c == '_')
}

/// Reads one path (or tree of paths) at `at` under `prefix`; returns where it ends.
fn spread(
    tokens: &[(usize, String)],
    mut at: usize,
    prefix: &[String],
    found: &mut Vec<(usize, Vec<String>)>,
) -> usize {
    let text = |i: usize| tokens.get(i).map(|t| t.1.as_str());
    let mut path = prefix.to_vec();
    let line = tokens[at].0;
    loop {
        match text(at) {
            Some("{") => {
                at += 1;
                while let Some(token) = text(at) {
                    match token {
                        "}" => return at + 1,
                        _ if is_name(token) => at = spread(tokens, at, &path, found),
                        _ => at += 1,
                    }
                }
                return at;
            }
            Some(name) if is_name(name) => {
                path.push(name.to_owned());
                at += 1;
            }
            // `*`, or the `<` of a turbofish.
            _ => break,
        }
        if text(at) != Some("::") {
            break;
        }
        at += 1;
    }
    if path.len() > 1 {
        found.push((line, path));
    }
    at
}

/// Lines of code and comments that are not tests.
pub(crate) fn length_without_tests(source: &str) -> usize {
    let code = without_words(source);
    let kept = without_tests(&code);
    let tests = code
        .lines()
        .zip(kept.lines())
        .filter(|(before, after)| before != after)
        .count();
    source.lines().count() - tests
}
