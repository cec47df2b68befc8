//! Reads an expression by precedence climbing. Not here: what an expression is (`expr`), nor its tokens (`lexer`).

use super::codes::{CODE_DEPTH, CODE_EXPR, CODE_FINITE};
use super::expr::{BinaryOp, Expr, ExprKind, Name};
use super::lexer::{Fault, FaultKind, Token, tokens};
use super::limits::{MAX_DEPTH, MAX_OPERATORS};
use super::literal::Literal;
use crate::diag::{Diagnostic, Diagnostics, Reported};
use crate::source::{Source, Span, Spanned};

/// Reads the string literal at `text.span` of `source`, whose content is `text.node`.
///
/// Places lie inside the literal. Where the literal holds escapes, every place is the whole literal.
///
/// # Errors
/// Text that is no expression is reported, with the place inside the literal.
pub fn parse_expr(
    text: &Spanned<String>,
    source: &Source,
    diags: &mut Diagnostics,
) -> Result<Expr, Reported> {
    let literal = Literal::new(text, source);
    match read(&text.node) {
        Ok(mut expr) => {
            relocate(&mut expr, &|span| literal.place(span));
            Ok(expr)
        }
        Err(fault) => Err(diags.error(unreadable(&fault, &literal))),
    }
}

fn unreadable(fault: &Fault, literal: &Literal) -> Diagnostic {
    let code = match fault.kind {
        FaultKind::Form => CODE_EXPR,
        FaultKind::Depth => CODE_DEPTH,
        FaultKind::NotFinite => CODE_FINITE,
    };
    literal.diagnostic(code, fault)
}

/// Reads an expression; places count from the first byte of `text`.
pub(super) fn read(text: &str) -> Result<Expr, Box<Fault>> {
    let mut parser = Parser { tokens: tokens(text)?, at: 0, depth: 0, operators: 0 };
    if parser.peek() == &Token::End {
        return Err(Fault::new(
            Span::new(0, text.len()),
            "an expression may not be empty",
            "nothing to read",
        ));
    }
    let expr = parser.binary(0)?;
    match parser.peek() {
        Token::End => Ok(expr),
        _ => Err(parser.trailing(&expr, text)),
    }
}

struct Parser {
    tokens: Vec<(Token, Span)>,
    at: usize,
    depth: usize,
    operators: usize,
}

impl Parser {
    fn peek(&self) -> &Token {
        &self.tokens[self.at].0
    }
    fn span(&self) -> Span {
        self.tokens[self.at].1
    }
    /// Steps over a token; the last one, `End`, stays.
    fn step(&mut self) -> Span {
        let span = self.span();
        self.at = (self.at + 1).min(self.tokens.len() - 1);
        span
    }
    fn accept(&mut self, mark: char) -> Option<Span> {
        (self.peek() == &Token::Mark(mark)).then(|| self.step())
    }
    /// Counts an operator; the height of the tree is at most their number and the nesting of brackets.
    fn operator(&mut self, span: Span) -> Result<(), Box<Fault>> {
        self.operators += 1;
        if self.operators > MAX_OPERATORS {
            return Err(Fault::new(
                span,
                format!("an expression may hold at most {MAX_OPERATORS} operators"),
                "one too many",
            )
            .help("a long sum of products is `dot(a, b)`")
            .kind(FaultKind::Depth));
        }
        Ok(())
    }
    fn deeper<T>(
        &mut self,
        span: Span,
        inner: impl FnOnce(&mut Self) -> Result<T, Box<Fault>>,
    ) -> Result<T, Box<Fault>> {
        if self.depth == MAX_DEPTH {
            return Err(Fault::new(
                span,
                format!("brackets may be nested at most {MAX_DEPTH} deep"),
                "one too deep",
            )
            .kind(FaultKind::Depth));
        }
        self.depth += 1;
        let out = inner(self);
        self.depth -= 1;
        out
    }

    /// Operators that bind at least as tightly as `least`, from the left.
    fn binary(&mut self, least: u8) -> Result<Expr, Box<Fault>> {
        let mut left = self.unary()?;
        while let Token::Sign(op) = *self.peek() {
            if op.precedence() < least {
                break;
            }
            let span = self.step();
            self.operator(span)?;
            if op == BinaryOp::Mul && self.peek() == &Token::Sign(BinaryOp::Mul) {
                return Err(Fault::new(span.join(self.span()), "`**` has no meaning in an expression", "")
                    .help("a power is written with `^`: `x[n] ^ 2`"));
            }
            let right = self.binary(op.precedence() + 1)?;
            let whole = left.span.join(right.span);
            left = Spanned::new(ExprKind::Binary { op, left: Box::new(left), right: Box::new(right) }, whole);
            if let (true, Token::Sign(next)) = (op.compares(), self.peek())
                && next.compares()
            {
                return Err(Fault::new(self.span(), "a comparison of a comparison", "a second one")
                    .help("both hold where their product is 1: `(0 < x[n]) * (x[n] < 1)`"));
            }
        }
        Ok(left)
    }

    fn unary(&mut self) -> Result<Expr, Box<Fault>> {
        let mut signs = Vec::new();
        while self.peek() == &Token::Sign(BinaryOp::Sub) {
            let span = self.step();
            self.operator(span)?;
            signs.push(span);
        }
        let mut expr = self.power()?;
        for sign in signs.into_iter().rev() {
            let whole = sign.join(expr.span);
            expr = Spanned::new(ExprKind::Negate(Box::new(expr)), whole);
        }
        Ok(expr)
    }

    /// `a ^ b ^ c` is `a ^ (b ^ c)`; the exponent may have a minus sign.
    fn power(&mut self) -> Result<Expr, Box<Fault>> {
        let base = self.primary()?;
        if self.peek() != &Token::Sign(BinaryOp::Power) {
            return Ok(base);
        }
        let span = self.step();
        self.operator(span)?;
        let exponent = self.deeper(span, |p| p.unary())?;
        let whole = base.span.join(exponent.span);
        let (left, right) = (Box::new(base), Box::new(exponent));
        Ok(Spanned::new(ExprKind::Binary { op: BinaryOp::Power, left, right }, whole))
    }

    fn primary(&mut self) -> Result<Expr, Box<Fault>> {
        match self.peek().clone() {
            Token::Number(x) => Ok(Spanned::new(ExprKind::Number(x), self.step())),
            Token::Ident(_) => self.name(),
            Token::Mark('(') => {
                let open = self.step();
                let inner = self.deeper(open, |p| p.binary(0))?;
                let close = self.close(open, '(', ')')?;
                Ok(Spanned::new(inner.node, open.join(close)))
            }
            found => Err(self.no_operand(&found)),
        }
    }

    fn name(&mut self) -> Result<Expr, Box<Fault>> {
        let mut path = vec![self.ident()?];
        while self.accept('.').is_some() {
            path.push(self.ident()?);
        }
        let span = path.iter().fold(path[0].span, |all, part| all.join(part.span));
        if let Some(open) = self.accept('(') {
            let (args, close) = self.list(open, '(', ')')?;
            if path.len() > 1 {
                return Err(Fault::new(
                    span,
                    "a function's name holds no dot",
                    "a column is indexed with `[ ]`",
                ));
            }
            let function = path.swap_remove(0);
            return Ok(Spanned::new(ExprKind::Call { function, args }, span.join(close)));
        }
        let Some(open) = self.accept('[') else {
            return Ok(Spanned::new(ExprKind::Name(Name { path, indices: vec![] }), span));
        };
        let (indices, close) = self.list(open, '[', ']')?;
        if indices.is_empty() {
            return Err(Fault::new(open.join(close), "an index may not be empty", "")
                .help("leave the brackets off to mean the whole of it"));
        }
        if self.peek() == &Token::Mark('[') {
            return Err(Fault::new(self.span(), "a second index", "")
                .help("several indices share one bracket: `mu[z[n], j]`"));
        }
        Ok(Spanned::new(ExprKind::Name(Name { path, indices }), span.join(close)))
    }

    fn ident(&mut self) -> Result<Spanned<String>, Box<Fault>> {
        match self.peek().clone() {
            Token::Ident(name) => Ok(Spanned::new(name, self.step())),
            _ => Err(Fault::new(self.span(), "a name is missing after `.`", "expected a name")),
        }
    }

    /// Expressions with commas between them, up to `close`.
    fn list(&mut self, open: Span, opener: char, closer: char) -> Result<(Vec<Expr>, Span), Box<Fault>> {
        let mut items = Vec::new();
        if let Some(close) = self.accept(closer) {
            return Ok((items, close));
        }
        loop {
            items.push(match self.peek().clone() {
                // A label is an index as a whole, and nothing else.
                Token::Label(label) if closer == ']' => Spanned::new(ExprKind::Label(label), self.step()),
                _ => self.deeper(open, |p| p.binary(0))?,
            });
            if self.accept(',').is_none() {
                return Ok((items, self.close(open, opener, closer)?));
            }
        }
    }

    fn close(&mut self, open: Span, opener: char, closer: char) -> Result<Span, Box<Fault>> {
        if let Some(close) = self.accept(closer) {
            return Ok(close);
        }
        Err(match self.peek() {
            Token::End => {
                Fault::new(open, format!("this `{opener}` is never closed"), format!("no `{closer}` follows"))
            }
            _ => Fault::new(
                self.span(),
                format!("expected `{closer}` here"),
                format!("expected `{closer}` or an operator"),
            )
            .context(open, format!("to close this `{opener}`")),
        })
    }

    /// What to say where a name, a number or `(` must stand and something else does.
    fn no_operand(&self, found: &Token) -> Box<Fault> {
        let before = self.at.checked_sub(1).map(|i| &self.tokens[i]);
        match (found, before) {
            (Token::Sign(BinaryOp::Add), _) => {
                Fault::new(self.span(), "a `+` with nothing before it", "expected a name or a number")
                    .help("leave the `+` off")
            }
            (_, Some((Token::Sign(op), span))) => Fault::new(
                *span,
                format!("nothing to use follows this `{}`", op.sign()),
                "expected a name or a number after it",
            ),
            (_, Some((Token::Mark(','), span))) => {
                Fault::new(*span, "nothing to use follows this `,`", "expected a name or a number after it")
            }
            (Token::End, Some((Token::Mark(mark @ ('[' | '(')), span))) => Fault::new(
                *span,
                format!("this `{mark}` is never closed"),
                format!("no `{}` follows", if *mark == '[' { ']' } else { ')' }),
            ),
            (Token::Label(label), _) => Fault::new(
                self.span(),
                "a label in quotes stands for nothing by itself",
                "only an index is one",
            )
            .help(format!("names take no quotes; an element is `name['{label}']`")),
            (Token::Mark('['), _) => {
                Fault::new(self.span(), "an index without a name before it", "expected a name or a number")
                    .help("write a list of numbers outside the quotes")
            }
            _ => Fault::new(self.span(), "expected a name or a number", "not the start of an expression"),
        }
    }

    /// What to say where the expression is over and something follows.
    fn trailing(&self, expr: &Expr, text: &str) -> Box<Fault> {
        let span = self.span();
        match self.peek() {
            Token::Mark(mark @ (')' | ']')) => {
                Fault::new(span, format!("this `{mark}` closes nothing"), "no bracket is open here")
            }
            Token::Mark('[') => {
                Fault::new(span, "only a name takes an index", "").context(expr.span, "this is not a name")
            }
            Token::Mark(',') => Fault::new(span, "a `,` outside of brackets", "")
                .help("several columns or numbers are a list: `[\"a\", \"b\"]`"),
            _ => {
                let fault =
                    Fault::new(span, "an operator is missing", "expected `+`, `-`, `*` or `/` before this");
                match (text.get(expr.span.start..expr.span.end), text.get(span.start..span.end)) {
                    (Some(left), Some(right)) if left.len() + right.len() < 40 => {
                        fault.help(format!("a product is written with `*`: `{left} * {right}`"))
                    }
                    _ => fault,
                }
            }
        }
    }
}

/// Moves every place of an expression.
fn relocate(expr: &mut Expr, place: &impl Fn(Span) -> Span) {
    expr.span = place(expr.span);
    match &mut expr.node {
        ExprKind::Number(_) | ExprKind::Label(_) => {}
        ExprKind::Name(name) => {
            name.path.iter_mut().for_each(|part| part.span = place(part.span));
            name.indices.iter_mut().for_each(|index| relocate(index, place));
        }
        ExprKind::Binary { left, right, .. } => {
            relocate(left, place);
            relocate(right, place);
        }
        ExprKind::Negate(inner) => relocate(inner, place),
        ExprKind::Call { function, args } => {
            function.span = place(function.span);
            args.iter_mut().for_each(|arg| relocate(arg, place));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn shown(text: &str) -> String {
        read(text).map_or_else(|fault| panic!("{text}: {fault:?}"), |expr| expr.node.to_string())
    }

    #[test]
    fn the_normal_form() {
        for (text, want) in [
            ("mu", "mu"),
            ("mu [ z[n] ,j ]", "mu[z[n], j]"),
            ("corpus . doc[w]", "corpus.doc[w]"),
            ("z[t-1]", "z[t - 1]"),
            ("z[parent(n)]", "z[parent(n)]"),
            ("b[ 'F' ,2]", "b['F', 2]"),
            ("b['it''s']+b['']", "b['it''s'] + b['']"),
            ("2*a+b", "2 * a + b"),
            ("a-(b-c)", "a - (b - c)"),
            ("(a-b)-c", "a - b - c"),
            ("((a))*(b*c)", "a * (b * c)"),
            ("a/b*c", "a / b * c"),
            ("-a*b", "-a * b"),
            ("-(a*b)", "-(a * b)"),
            ("a--b", "a - -b"),
            ("-a^2", "-a ^ 2"),
            ("(-a)^2", "(-a) ^ 2"),
            ("a^-b^c", "a ^ -b ^ c"),
            ("(a^b)^c*d", "(a ^ b) ^ c * d"),
            ("2*a^2", "2 * a ^ 2"),
            ("a+1>=b*c", "a + 1 >= b * c"),
            ("2*(a!=b)", "2 * (a != b)"),
            ("(a<b)==(c>d)", "(a < b) == (c > d)"),
            ("(a+b)*c", "(a + b) * c"),
            ("dot( w,X[n] )+b", "dot(w, X[n]) + b"),
            ("1e-3+1_000+.5+2.", "0.001 + 1000 + 0.5 + 2"),
            ("1e300*1e-300", "1e300 * 1e-300"),
        ] {
            assert_eq!(shown(text), want, "{text}");
        }
    }

    #[test]
    fn what_is_wrong_and_where() {
        for (text, place, words) in [
            ("mu[z[n]", "[", "never closed"),
            ("(a + b", "(", "never closed"),
            ("dot(a, b", "(", "never closed"),
            ("mu[", "[", "never closed"),
            ("a ^", "^", "nothing to use follows"),
            ("2 ** a", "**", "a power is written with `^`"),
            ("0 < a < 1", "<", "a comparison of a comparison"),
            ("a < 1 == b", "==", "a comparison of a comparison"),
            ("a && b", "&", "(a > 1) * (b > 1)"),
            ("2 a", "a", "`2 * a`"),
            ("2a", "2a", "`2 * a`"),
            ("a[i] b", "b", "`a[i] * b`"),
            ("a +", "+", "nothing to use follows"),
            ("a * / b", "*", "nothing to use follows"),
            ("+a", "+", "nothing before it"),
            ("a)", ")", "closes nothing"),
            ("mu[n]]", "]", "closes nothing"),
            ("mu[]", "[]", "may not be empty"),
            ("mu[n][k]", "[", "share one bracket"),
            ("(a + b)[n]", "[", "only a name takes an index"),
            ("a, b", ",", "outside of brackets"),
            ("a .b. 2", "2", "a name is missing"),
            ("a.", "", "a name is missing"),
            ("a.b(c)", "a.b", "no dot"),
            ("a − b", "−", "the minus sign is `-`"),
            ("a × b", "×", "a product is written with `*`"),
            ("a = b", "=", "right-hand side"),
            ("'b'", "'b'", "names take no quotes"),
            ("b['F' + 1]", "+", "expected `]`"),
            ("b['F", "'", "never closed"),
            ("a \"b\"", "\"", "no quotes"),
            ("  ", "  ", "may not be empty"),
            ("1.2.3", "1.2.3", "one decimal point"),
            ("[1, 2]", "[", "outside the quotes"),
            ("f(a b)", "b", "expected `)`"),
        ] {
            let fault = read(text).expect_err(text);
            let said = format!("{} {} {}", fault.title, fault.label, fault.help.clone().unwrap_or_default());
            assert!(said.contains(words), "{text}: {said}");
            assert_eq!(&text[fault.span.start..fault.span.end], place, "{text}: {said}");
        }
    }

    #[test]
    fn places_lie_inside_the_literal() {
        for (file, content, at) in [
            (r#"x: "a + mu[k]" "#, "a + mu[k]", "mu[k]"),
            (r##"x: r#"a + mu[k]"# "##, "a + mu[k]", "mu[k]"),
            (r#"x: r"a + mu[k]" "#, "a + mu[k]", "mu[k]"),
            (r#"x: "a +\tmu[k]" "#, "a +\tmu[k]", r#""a +\tmu[k]""#),
        ] {
            let source = Source::new("m", file);
            let literal = Span::new(3, file.len() - 1);
            let mut diags = Diagnostics::default();
            let expr =
                parse_expr(&Spanned::new(content.to_owned(), literal), &source, &mut diags).expect(file);
            let ExprKind::Binary { right, .. } = &expr.node else { panic!("{expr:?}") };
            assert_eq!(&file[right.span.start..right.span.end], at);
        }
    }

    #[test]
    fn no_depth_overflows_the_stack() {
        let kind = |text: &str| read(text).expect_err("too much").kind;
        for text in [
            "(".repeat(100_000),
            "f(".repeat(100_000),
            "a[".repeat(100_000),
            "-".repeat(100_000),
            "a+".repeat(100_000),
        ] {
            assert_eq!(kind(&text), FaultKind::Depth, "{}", &text[..2]);
        }
        let nested = |n: usize| format!("{}a{}", "(".repeat(n), ")".repeat(n));
        assert!(read(&nested(MAX_DEPTH)).is_ok());
        assert_eq!(kind(&nested(MAX_DEPTH + 1)), FaultKind::Depth);
        assert!(read(&format!("{}a", "a+".repeat(MAX_OPERATORS))).is_ok());
    }

    fn tree() -> impl Strategy<Value = ExprKind> {
        let at = |node| Spanned::new(node, Span::default());
        let word = || "[a-d]{1,2}".prop_map(move |w| Spanned::new(w, Span::default()));
        let leaf = prop_oneof![
            (0u32..2000).prop_map(|x| ExprKind::Number(f64::from(x) / 8.0)),
            prop::collection::vec(word(), 1..3)
                .prop_map(|path| ExprKind::Name(Name { path, indices: vec![] })),
        ];
        leaf.prop_recursive(4, 24, 3, move |inner| {
            let some = move || prop::collection::vec(inner.clone().prop_map(at), 1..3);
            let op = prop_oneof![
                Just(BinaryOp::Add),
                Just(BinaryOp::Sub),
                Just(BinaryOp::Mul),
                Just(BinaryOp::Div),
                Just(BinaryOp::Power),
                Just(BinaryOp::Less),
                Just(BinaryOp::Unequal)
            ];
            prop_oneof![
                (op, some(), some()).prop_map(|(op, mut l, mut r)| ExprKind::Binary {
                    op,
                    left: Box::new(l.swap_remove(0)),
                    right: Box::new(r.swap_remove(0))
                }),
                some().prop_map(|mut x| ExprKind::Negate(Box::new(x.swap_remove(0)))),
                (word(), some()).prop_map(|(function, args)| ExprKind::Call { function, args }),
                (word(), some())
                    .prop_map(|(name, indices)| ExprKind::Name(Name { path: vec![name], indices })),
            ]
        })
    }

    proptest! {
        /// The printed form reads back as the same tree.
        #[test]
        fn printed_and_read_back(expr in tree()) {
            let text = expr.to_string();
            let mut back = read(&text).map_err(|fault| TestCaseError::fail(format!("{text}: {fault:?}")))?;
            relocate(&mut back, &|_| Span::default());
            prop_assert_eq!(back.node, expr, "{}", text);
        }
    }
}
