//! From words to a tree.

use super::functions::{self, Function};
use super::lexer::{Token, tokens};
use super::value::Val;

/// How deep parentheses may be nested.
const DEEPEST: usize = 60;
/// How deep the tree may become: every operator of a chain makes it one deeper.
const DEEPEST_TREE: usize = 300;

/// A parsed formula.
#[derive(Debug, Clone)]
pub(in crate::airtable) enum Expr {
    Value(Val),
    /// The field's number.
    Field(u16),
    Negative(Box<Expr>),
    Binary(&'static str, Box<Expr>, Box<Expr>),
    Call(&'static Function, Vec<Expr>),
}

impl Expr {
    /// The fields it refers to.
    pub(in crate::airtable) fn fields(&self) -> Vec<u16> {
        let mut found = Vec::new();
        self.collect(&mut found);
        found.sort_unstable();
        found.dedup();
        found
    }

    fn collect(&self, found: &mut Vec<u16>) {
        match self {
            Self::Value(_) => {}
            Self::Field(field) => found.push(*field),
            Self::Negative(one) => one.collect(found),
            Self::Binary(_, left, right) => {
                left.collect(found);
                right.collect(found);
            }
            Self::Call(_, arguments) => arguments.iter().for_each(|argument| argument.collect(found)),
        }
    }
}

struct Parser<'a> {
    tokens: std::iter::Peekable<std::vec::IntoIter<Token>>,
    resolve: &'a dyn Fn(&str) -> Option<u16>,
    depth: usize,
}

/// Parses a formula. `resolve` finds a field's number by its name or id.
///
/// # Errors
/// What is wrong with it.
pub(in crate::airtable) fn parse(
    formula: &str,
    resolve: &dyn Fn(&str) -> Option<u16>,
) -> Result<Expr, String> {
    let mut parser = Parser { tokens: tokens(formula)?.into_iter().peekable(), resolve, depth: 0 };
    let (expr, _) = parser.level(0)?;
    match parser.tokens.next() {
        None => Ok(expr),
        Some(token) => Err(format!("{token:?} is too much")),
    }
}

/// The operators that bind equally, weakest first.
const LEVELS: [&[&str]; 4] = [&["=", "!=", "<", "<=", ">", ">="], &["&"], &["+", "-"], &["*", "/"]];

/// A part of the tree, and how deep it is.
type Part = (Expr, usize);

/// One more level above parts of this depth.
fn above(depth: usize) -> Result<usize, String> {
    if depth >= DEEPEST_TREE { Err("it is nested too deeply".to_owned()) } else { Ok(depth + 1) }
}

impl Parser<'_> {
    fn level(&mut self, level: usize) -> Result<Part, String> {
        let Some(operators) = LEVELS.get(level) else { return self.unary() };
        let (mut left, mut depth) = self.level(level + 1)?;
        while let Some(Token::Operator(operator)) = self.tokens.peek() {
            let operator = *operator;
            if !operators.contains(&operator) {
                break;
            }
            self.tokens.next();
            let (right, other) = self.level(level + 1)?;
            left = Expr::Binary(operator, Box::new(left), Box::new(right));
            depth = above(depth.max(other))?;
        }
        Ok((left, depth))
    }

    fn unary(&mut self) -> Result<Part, String> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err("it is nested too deeply".to_owned());
        }
        let expr = match self.tokens.peek() {
            Some(Token::Operator("-")) => {
                self.tokens.next();
                let (expr, depth) = self.unary()?;
                (Expr::Negative(Box::new(expr)), above(depth)?)
            }
            Some(Token::Operator("+")) => {
                self.tokens.next();
                self.unary()?
            }
            _ => self.primary()?,
        };
        self.depth -= 1;
        Ok(expr)
    }

    fn primary(&mut self) -> Result<Part, String> {
        match self.tokens.next() {
            Some(Token::Number(number)) => Ok((Expr::Value(Val::Number(number)), 1)),
            Some(Token::Text(text)) => Ok((Expr::Value(Val::Text(text)), 1)),
            Some(Token::Field(name)) => self.field(&name),
            Some(Token::Name(name)) if self.tokens.peek() == Some(&Token::Open) => self.call(&name),
            Some(Token::Name(name)) => self.field(&name),
            Some(Token::Open) => {
                let expr = self.level(0)?;
                self.expect(&Token::Close)?;
                Ok(expr)
            }
            Some(token) => Err(format!("{token:?} is out of place")),
            None => Err("it ends too early".to_owned()),
        }
    }

    fn field(&self, name: &str) -> Result<Part, String> {
        let field = (self.resolve)(name).map(|field| (Expr::Field(field), 1));
        field.ok_or_else(|| format!("Unknown field names: {}", name.to_lowercase()))
    }

    fn call(&mut self, name: &str) -> Result<Part, String> {
        let function = functions::find(name).ok_or_else(|| format!("there is no function {name}"))?;
        self.expect(&Token::Open)?;
        let (mut arguments, mut deepest) = (Vec::new(), 0);
        if self.tokens.peek() == Some(&Token::Close) {
            self.tokens.next();
        } else {
            loop {
                let (argument, depth) = self.level(0)?;
                arguments.push(argument);
                deepest = deepest.max(depth);
                match self.tokens.next() {
                    Some(Token::Comma) => {}
                    Some(Token::Close) => break,
                    _ => return Err(format!("the arguments of {name} do not end")),
                }
            }
        }
        if !(function.least..=function.most).contains(&arguments.len()) {
            return Err(format!("{name} does not take {} arguments", arguments.len()));
        }
        Ok((Expr::Call(function, arguments), above(deepest)?))
    }

    fn expect(&mut self, token: &Token) -> Result<(), String> {
        if self.tokens.next().as_ref() == Some(token) { Ok(()) } else { Err(format!("{token:?} is missing")) }
    }
}
