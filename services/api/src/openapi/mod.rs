//! The routes and what is said of them, in one place: a route cannot be added without its
//! description.

mod derived;
mod schemas;
mod standings;

use axum::Router;
use axum::handler::Handler;
use axum::routing::{get, post};
use serde_json::{Map, Value, json};

use crate::body::JSON;
use crate::state::AppState;

/// Routes and their descriptions.
#[derive(Default)]
pub(crate) struct Routes {
    router: Router<AppState>,
    operations: Vec<Described>,
}

/// Media types and their schemas.
type Content = Vec<(&'static str, &'static str)>;

/// A route: method, path, description.
pub(crate) type Described = (&'static str, &'static str, Operation);

/// The description of a route.
#[derive(Clone)]
pub(crate) struct Operation {
    pub(crate) id: &'static str,
    pub(crate) summary: &'static str,
    pub(crate) detail: &'static str,
    pub(crate) parameters: Vec<Parameter>,
    pub(crate) body: Option<(&'static str, &'static str, &'static str)>,
    pub(crate) answers: Vec<(u16, &'static str, Content)>,
}

/// A parameter of a route.
#[derive(Clone)]
pub(crate) struct Parameter {
    pub(crate) name: &'static str,
    pub(crate) place: &'static str,
    pub(crate) meaning: &'static str,
    known: &'static [&'static str],
    required: bool,
}

impl Operation {
    pub(crate) fn new(id: &'static str, summary: &'static str) -> Self {
        Self {
            id,
            summary,
            detail: "",
            parameters: Vec::new(),
            body: None,
            answers: Vec::new(),
        }
    }

    #[must_use]
    pub(crate) fn detail(mut self, detail: &'static str) -> Self {
        self.detail = detail;
        self
    }

    #[must_use]
    pub(crate) fn parameter(
        mut self,
        place: &'static str,
        name: &'static str,
        meaning: &'static str,
    ) -> Self {
        let known = &[];
        self.parameters.push(Parameter {
            name,
            place,
            meaning,
            known,
            required: place == "path",
        });
        self
    }

    /// A query parameter.
    #[must_use]
    pub(crate) fn query(self, name: &'static str, meaning: &'static str) -> Self {
        self.parameter("query", name, meaning)
    }

    /// A query parameter that is one of these words; the first is the default.
    #[must_use]
    pub(crate) fn word(
        mut self,
        name: &'static str,
        known: &'static [&'static str],
        meaning: &'static str,
    ) -> Self {
        let place = "query";
        self.parameters.push(Parameter {
            name,
            place,
            meaning,
            known,
            required: false,
        });
        self
    }

    /// Says that the last parameter has no default and must be given.
    #[must_use]
    pub(crate) fn required(mut self) -> Self {
        if let Some(last) = self.parameters.last_mut() {
            last.required = true;
        }
        self
    }

    /// A body of this media type and schema, with an example.
    #[must_use]
    pub(crate) fn body(
        mut self,
        media_type: &'static str,
        schema: &'static str,
        example: &'static str,
    ) -> Self {
        self.body = Some((media_type, schema, example));
        self
    }

    /// An answer, by media type and schema.
    #[must_use]
    pub(crate) fn answers(
        mut self,
        status: u16,
        meaning: &'static str,
        content: &[(&'static str, &'static str)],
    ) -> Self {
        self.answers.push((status, meaning, content.to_vec()));
        self
    }

    /// An answer in JSON of this schema.
    #[must_use]
    pub(crate) fn json(self, meaning: &'static str, schema: &'static str) -> Self {
        self.answers(200, meaning, &[(JSON, schema)])
    }
}

impl Routes {
    /// Adds a route that reads.
    #[must_use]
    pub(crate) fn get<H: Handler<T, AppState>, T: 'static>(
        mut self,
        path: &'static str,
        handler: H,
        operation: Operation,
    ) -> Self {
        self.router = self.router.route(path, get(handler));
        self.operations.push(("get", path, operation));
        self
    }

    /// Adds a route that writes.
    #[must_use]
    pub(crate) fn post<H: Handler<T, AppState>, T: 'static>(
        mut self,
        path: &'static str,
        handler: H,
        operation: Operation,
    ) -> Self {
        self.router = self.router.route(path, post(handler));
        self.operations.push(("post", path, operation));
        self
    }

    /// Adds the routes of `other`.
    #[must_use]
    pub(crate) fn and(mut self, other: Self) -> Self {
        self.router = self.router.merge(other.router);
        self.operations.extend(other.operations);
        self
    }

    /// The routes, and the descriptions.
    pub(crate) fn split(self) -> (Router<AppState>, Vec<Described>) {
        (self.router, self.operations)
    }
}

/// The OpenAPI document of these operations.
pub(crate) fn document(operations: &[Described]) -> Value {
    let mut paths = Map::new();
    for (method, path, operation) in operations {
        let path = path.replace("{*", "{");
        let item = paths.entry(path).or_insert_with(|| json!({}));
        if let Some(item) = item.as_object_mut() {
            item.insert((*method).to_owned(), described(operation));
        }
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Outlay",
            "version": env!("CARGO_PKG_VERSION"),
            "summary": "Disbursement of public money, as an append-only log of records and figures as of two clocks.",
            "description": "The service answers to its own names: a `Host` that is none of them is refused with 421 on every path, and so is an `Origin`. Bodies are UTF-8, plain; a byte-order mark before one is taken. A body that is refused unread ends the connection.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "paths": paths,
        "components": {"schemas": schemas::schemas()},
    })
}

fn described(operation: &Operation) -> Value {
    let parameters: Vec<Value> = operation.parameters.iter().map(parameter).collect();
    let mut responses = Map::new();
    for (status, meaning, content) in &operation.answers {
        let content: Map<String, Value> = content
            .iter()
            .map(|(media_type, schema)| {
                (
                    (*media_type).to_owned(),
                    json!({"schema": schema_of(schema)}),
                )
            })
            .collect();
        let mut response = json!({"description": meaning});
        if let Some(response) = response.as_object_mut().filter(|_| !content.is_empty()) {
            response.insert("content".to_owned(), Value::Object(content));
        }
        responses.insert(status.to_string(), response);
    }
    responses.insert(
        "default".to_owned(),
        json!({
            "description": "What is wrong, and what mends it (RFC 9457).",
            "content": {"application/problem+json": {"schema": schema_of("Problem")}},
        }),
    );
    let mut described = json!({
        "operationId": operation.id,
        "summary": operation.summary,
        "parameters": parameters,
        "responses": responses,
    });
    if let Some(described) = described.as_object_mut() {
        if !operation.detail.is_empty() {
            described.insert("description".to_owned(), operation.detail.into());
        }
        if let Some((media_type, schema, example)) = operation.body {
            let example = serde_json::from_str(example).unwrap_or_else(|_| Value::from(example));
            let content = json!({media_type: {"schema": schema_of(schema), "example": example}});
            let body = json!({"required": true, "content": content});
            described.insert("requestBody".to_owned(), body);
        }
    }
    described
}

fn parameter(parameter: &Parameter) -> Value {
    let mut schema = json!({"type": "string"});
    if let Some((default, _)) = parameter.known.split_first() {
        schema = json!({"type": "string", "enum": parameter.known});
        if let Some(schema) = schema.as_object_mut().filter(|_| !parameter.required) {
            schema.insert("default".to_owned(), Value::from(*default));
        }
    }
    json!({
        "name": parameter.name,
        "in": parameter.place,
        "description": parameter.meaning,
        "required": parameter.required,
        "schema": schema,
    })
}

fn schema_of(name: &str) -> Value {
    match name {
        "text" => json!({"type": "string"}),
        "binary" => json!({"type": "string", "format": "binary"}),
        _ => json!({"$ref": format!("#/components/schemas/{name}")}),
    }
}
