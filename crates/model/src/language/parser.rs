//! Statements and expressions from tokens, by precedence climbing:
//! `or`, `and`, `not`, comparisons, `+ −`, `* / // %`, unary minus, `^` (right).

use super::lexer::{Token, syntax, tokens};
use super::syntax::{Expr, ExprKind, Name, Operator, Statement};
use super::text::Text;
use crate::error::{Error, Result, Span};
use crate::expression::Comparison;

/// Brackets, functions, signs and exponents inside each other, at most.
const DEPTH: usize = 64;

/// All statements of a program.
pub(super) fn program(text: &Text) -> Result<Vec<Statement>> {
    let mut parser = Parser::new(text)?;
    let mut statements = Vec::new();
    loop {
        while matches!(parser.peek(), Token::Line | Token::Symbol(";")) {
            parser.next();
        }
        if *parser.peek() == Token::End {
            return Ok(statements);
        }
        statements.push(parser.statement()?);
        if !matches!(parser.peek(), Token::Line | Token::End | Token::Symbol(";")) {
            return Err(parser.unexpected("an operator or the end of the statement"));
        }
    }
}

/// A single expression.
pub(super) fn expression(text: &Text) -> Result<Expr> {
    let mut parser = Parser::new(text)?;
    parser.tokens.retain(|(token, _)| *token != Token::Line);
    let expr = parser.expr()?;
    if *parser.peek() != Token::End {
        return Err(parser.unexpected("an operator or the end of the expression"));
    }
    Ok(expr)
}

struct Parser {
    tokens: Vec<(Token, Span)>,
    at: usize,
    depth: usize,
}

impl Parser {
    fn new(text: &Text) -> Result<Parser> {
        Ok(Parser {
            tokens: tokens(text)?,
            at: 0,
            depth: 0,
        })
    }

    fn peek(&self) -> &Token {
        &self.tokens[self.at].0
    }

    fn span(&self) -> Span {
        self.tokens[self.at].1
    }

    /// The span from `start` to the last token read.
    fn since(&self, start: Span) -> Span {
        start.to(self.tokens[self.at.saturating_sub(1)].1)
    }

    fn next(&mut self) -> Token {
        let token = self.tokens[self.at].0.clone();
        if self.at + 1 < self.tokens.len() {
            self.at += 1;
        }
        token
    }

    fn accept(&mut self, symbol: &str) -> bool {
        let found = matches!(self.peek(), Token::Symbol(s) if *s == symbol);
        if found {
            self.next();
        }
        found
    }

    fn expect(&mut self, symbol: &'static str, after: &str) -> Result<()> {
        if self.accept(symbol) {
            return Ok(());
        }
        Err(self.unexpected(&format!("`{symbol}` {after}")))
    }

    fn unexpected(&self, expected: &str) -> Error {
        let found = self.peek().describe();
        let error = syntax(format!("expected {expected}, found {found}")).at(self.span());
        match self.peek() {
            Token::Symbol("**") => error.remedy("powers are written a^b"),
            Token::Line => error.remedy("a statement continues on the next line inside brackets"),
            _ => error,
        }
    }

    fn word(&mut self, what: &str) -> Result<Name> {
        let span = self.span();
        match self.peek() {
            Token::Word(text) => {
                let text = text.clone();
                self.next();
                Ok(Name { text, span })
            }
            _ => Err(self.unexpected(what)),
        }
    }

    fn statement(&mut self) -> Result<Statement> {
        let name = self.word("a statement `name[i,j] = expression`")?;
        let mut prime = self.accept("'");
        let letters = if self.accept("[") {
            self.letters("left index")?
        } else {
            Vec::new()
        };
        prime |= self.accept("'");
        self.expect("=", "after the left side of a statement")?;
        let right = self.expr()?;
        Ok(Statement {
            name,
            prime,
            letters,
            right,
        })
    }

    /// `i, j]`, after the opening bracket.
    fn letters(&mut self, what: &str) -> Result<Vec<Name>> {
        let mut letters = Vec::new();
        while !self.accept("]") {
            letters.push(self.word(&format!("an index letter as {what}"))?);
            if !self.accept(",") && !matches!(self.peek(), Token::Symbol("]")) {
                return Err(self.unexpected("`,` or `]`").remedy(format!(
                    "each {what} is a letter (or word) declared in `axes`"
                )));
            }
        }
        Ok(letters)
    }

    fn deeper<T>(&mut self, read: impl FnOnce(&mut Parser) -> Result<T>) -> Result<T> {
        if self.depth >= DEPTH {
            return Err(syntax(format!("more than {DEPTH} levels of nesting"))
                .at(self.span())
                .remedy("give parts of the expression names in statements of their own"));
        }
        self.depth += 1;
        let result = read(self);
        self.depth -= 1;
        result
    }

    fn expr(&mut self) -> Result<Expr> {
        self.deeper(Parser::or)
    }

    fn or(&mut self) -> Result<Expr> {
        self.list(Parser::and, &["or", "||"], ExprKind::Or)
    }

    fn and(&mut self) -> Result<Expr> {
        self.list(Parser::not, &["and", "&&"], ExprKind::And)
    }

    fn list(
        &mut self,
        mut item: impl FnMut(&mut Parser) -> Result<Expr>,
        operator: &[&str; 2],
        make: fn(Vec<Expr>) -> ExprKind,
    ) -> Result<Expr> {
        let start = self.span();
        let first = item(self)?;
        let mut list = vec![first];
        while match self.peek() {
            Token::Word(w) => w == operator[0],
            Token::Symbol(s) => *s == operator[1],
            _ => false,
        } {
            self.next();
            list.push(item(self)?);
        }
        Ok(match list.len() {
            1 => list.remove(0),
            _ => Expr {
                kind: make(list),
                span: self.since(start),
            },
        })
    }

    fn not(&mut self) -> Result<Expr> {
        let start = self.span();
        let word = matches!(self.peek(), Token::Word(w) if w == "not");
        if word || matches!(self.peek(), Token::Symbol("!")) {
            self.next();
            let inner = self.deeper(Parser::not)?;
            return Ok(Expr {
                kind: ExprKind::Not(Box::new(inner)),
                span: self.since(start),
            });
        }
        self.comparison()
    }

    fn comparison(&mut self) -> Result<Expr> {
        let start = self.span();
        let first = self.sum()?;
        let mut rest = Vec::new();
        while let Some(comparison) = comparison_of(self.peek()) {
            self.next();
            rest.push((comparison, self.sum()?));
        }
        if rest.is_empty() {
            return Ok(first);
        }
        Ok(Expr {
            kind: ExprKind::Compare(Box::new(first), rest),
            span: self.since(start),
        })
    }

    fn sum(&mut self) -> Result<Expr> {
        let start = self.span();
        self.accept("+");
        let mut terms = vec![(false, self.product()?)];
        loop {
            let negative = match self.peek() {
                Token::Symbol("+") => false,
                Token::Symbol("-") => true,
                _ => break,
            };
            self.next();
            terms.push((negative, self.product()?));
        }
        Ok(match terms.len() {
            1 => terms.remove(0).1,
            _ => Expr {
                kind: ExprKind::Sum(terms),
                span: self.since(start),
            },
        })
    }

    fn product(&mut self) -> Result<Expr> {
        let start = self.span();
        let mut factors = vec![(Operator::Times, self.unary()?)];
        loop {
            let operator = match self.peek() {
                Token::Symbol("*") => Operator::Times,
                Token::Symbol("/") => Operator::Over,
                Token::Symbol("//") => Operator::FloorDiv,
                Token::Symbol("%") => Operator::Mod,
                _ => break,
            };
            self.next();
            factors.push((operator, self.unary()?));
        }
        Ok(match factors.len() {
            1 => factors.remove(0).1,
            _ => Expr {
                kind: ExprKind::Product(factors),
                span: self.since(start),
            },
        })
    }

    fn unary(&mut self) -> Result<Expr> {
        let start = self.span();
        if self.accept("-") {
            let inner = self.deeper(Parser::unary)?;
            return Ok(Expr {
                kind: ExprKind::Negative(Box::new(inner)),
                span: self.since(start),
            });
        }
        let base = self.primary()?;
        if !self.accept("^") {
            return Ok(base);
        }
        let exponent = self.deeper(Parser::unary)?;
        Ok(Expr {
            kind: ExprKind::Power(Box::new(base), Box::new(exponent)),
            span: self.since(start),
        })
    }

    fn primary(&mut self) -> Result<Expr> {
        let start = self.span();
        let kind = match self.peek().clone() {
            Token::Integer(n) => {
                self.next();
                ExprKind::Integer(n)
            }
            Token::Number(x) => {
                self.next();
                ExprKind::Number(x)
            }
            Token::Quoted(text) => {
                self.next();
                ExprKind::Text(text)
            }
            Token::Symbol("(") => {
                self.next();
                let inner = self.expr()?;
                self.expect(")", "at the end of the bracket")?;
                return Ok(Expr {
                    kind: inner.kind,
                    span: self.since(start),
                });
            }
            Token::Word(text) => {
                self.next();
                let name = Name { text, span: start };
                self.after_word(name)?
            }
            _ => return Err(self.unexpected("a number, a name or a bracket")),
        };
        Ok(Expr {
            kind,
            span: self.since(start),
        })
    }

    fn after_word(&mut self, name: Name) -> Result<ExprKind> {
        let mut index = None;
        if self.accept("[") {
            let mut list = Vec::new();
            while !self.accept("]") {
                list.push(self.expr()?);
                if !self.accept(",") && !matches!(self.peek(), Token::Symbol("]")) {
                    return Err(self.unexpected("`,` or `]`"));
                }
            }
            index = Some(list);
        }
        if matches!(self.peek(), Token::Symbol("'")) {
            return Err(
                syntax("a prime stands on the left side of a block's last statement only")
                    .at(self.span()),
            );
        }
        if !self.accept("(") {
            return Ok(ExprKind::Name {
                name: name.text,
                index,
            });
        }
        let over = index
            .map(|list| list.iter().map(letter).collect())
            .transpose()?;
        let (arguments, named) = self.arguments()?;
        Ok(ExprKind::Call {
            name,
            over,
            arguments,
            named,
        })
    }

    #[allow(clippy::type_complexity)]
    fn arguments(&mut self) -> Result<(Vec<Expr>, Vec<(Name, Expr)>)> {
        let (mut arguments, mut named) = (Vec::new(), Vec::new());
        while !self.accept(")") {
            let key = match (self.peek(), self.tokens.get(self.at + 1)) {
                (Token::Word(_), Some((Token::Symbol("="), _))) => Some(self.word("a key")?),
                _ => None,
            };
            match key {
                Some(key) => {
                    self.next();
                    named.push((key, self.expr()?));
                }
                None if named.is_empty() => arguments.push(self.expr()?),
                None => return Err(self.unexpected("`key = value` after the first one")),
            }
            if !self.accept(",") && !matches!(self.peek(), Token::Symbol(")")) {
                return Err(self.unexpected("`,` or `)`"));
            }
        }
        Ok((arguments, named))
    }
}

fn letter(expr: &Expr) -> Result<Name> {
    match &expr.kind {
        ExprKind::Name { name, index: None } => Ok(Name {
            text: name.clone(),
            span: expr.span,
        }),
        _ => Err(syntax("an operation runs over index letters")
            .at(expr.span)
            .remedy("write op[i,j](e) with letters declared in `axes`")),
    }
}

fn comparison_of(token: &Token) -> Option<Comparison> {
    Some(match token {
        Token::Symbol("<") => Comparison::Less,
        Token::Symbol("<=") => Comparison::LessEqual,
        Token::Symbol(">") => Comparison::Greater,
        Token::Symbol(">=") => Comparison::GreaterEqual,
        Token::Symbol("==") => Comparison::Equal,
        Token::Symbol("!=") => Comparison::NotEqual,
        _ => return None,
    })
}
