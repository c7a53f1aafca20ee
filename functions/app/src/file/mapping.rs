//! File mappings: how a request names the files that come with it.

use futures::future::try_join_all;
use ports::Scope;
use serde_json::{Map, Value};

use super::get;
use crate::{Context, Error, Result, end_user::EndUser, message::MessageFile};

/// What an app accepts beside a question.
#[derive(Clone, Debug, PartialEq)]
pub struct Attachments {
    types: Vec<String>,
    extensions: Vec<String>,
    methods: Vec<String>,
    limit: usize,
    /// How closely a vision model looks at images.
    pub detail: model::Detail,
}

/// Files of one app when it does not say how many.
const DEFAULT_LIMIT: usize = 3;

impl Attachments {
    /// Reads `file_upload` of an app; `None` when it takes no files.
    pub fn parse(file_upload: &Map<String, Value>) -> Option<Self> {
        let texts = |value: Option<&Value>| {
            let items = value.and_then(Value::as_array).into_iter().flatten();
            items
                .filter_map(Value::as_str)
                .map(str::to_lowercase)
                .collect::<Vec<_>>()
        };
        let limit = |value: Option<&Value>| {
            value
                .and_then(Value::as_u64)
                .map_or(DEFAULT_LIMIT, |limit| limit as usize)
        };
        let on = |value: Option<&Value>| value.and_then(Value::as_bool).unwrap_or_default();
        let image = file_upload.get("image");
        let of_image = |key: &str| image.and_then(|image| image.get(key));
        let detail = match of_image("detail").and_then(Value::as_str) {
            Some("low") => model::Detail::Low,
            Some("high") => model::Detail::High,
            _ => model::Detail::Auto,
        };
        if on(file_upload.get("enabled")) {
            return Some(Self {
                types: texts(file_upload.get("allowed_file_types")),
                extensions: texts(file_upload.get("allowed_file_extensions")),
                methods: texts(file_upload.get("allowed_file_upload_methods")),
                limit: limit(file_upload.get("number_limits")),
                detail,
            });
        }
        // The older form knows images only.
        on(of_image("enabled")).then(|| Self {
            types: vec!["image".to_owned()],
            extensions: Vec::new(),
            methods: texts(of_image("transfer_methods")),
            limit: limit(of_image("number_limits")),
            detail,
        })
    }

    fn allow(&self, file: &MessageFile) -> Result<()> {
        let refuse = |message: String| Err(Error::invalid("files", message));
        if !self.methods.is_empty() && !self.methods.contains(&file.transfer_method) {
            return refuse(format!(
                "Invalid file transfer method: {}",
                file.transfer_method
            ));
        }
        let extension = file
            .filename
            .rsplit_once('.')
            .map(|(_, extension)| extension.to_lowercase())
            .unwrap_or_default();
        let custom = |allowed: &String| allowed.trim_start_matches('.') == extension;
        let by_type = self.types.is_empty() || self.types.contains(&file.kind);
        let by_extension =
            self.types.iter().any(|kind| kind == "custom") && self.extensions.iter().any(custom);
        if !by_type && !by_extension {
            return refuse(format!("Invalid file type: {}", file.kind));
        }
        Ok(())
    }
}

/// Reads the mappings of a request; nothing depends on the app yet.
pub async fn read(
    ctx: &Context,
    scope: &Scope,
    user: &EndUser,
    mappings: &[Value],
) -> Result<Vec<MessageFile>> {
    try_join_all(
        mappings
            .iter()
            .map(|mapping| read_one(ctx, scope, user, mapping)),
    )
    .await
}

/// Fails for what is no mapping at all, whether an app takes files or not.
pub fn check_mapping(mapping: &Value) -> Result<()> {
    let is = |key: &str, words: &[&str]| {
        let word = mapping.get(key).and_then(Value::as_str).map(str::trim);
        word.is_some_and(|word| words.contains(&word))
    };
    if !mapping.is_object() {
        return Err(Error::invalid("files", "a file must be an object"));
    }
    if !is("type", &KINDS) {
        return Err(Error::invalid("files", "Invalid file type"));
    }
    if !is("transfer_method", &["remote_url", "local_file"]) {
        return Err(Error::invalid("files", "Invalid file transfer method"));
    }
    let says = |key: &str| {
        let text = mapping.get(key).and_then(Value::as_str).map(str::trim);
        text.is_some_and(|text| !text.is_empty())
    };
    if is("transfer_method", &["local_file"]) && !says("upload_file_id") {
        return Err(Error::invalid("files", "missing upload_file_id"));
    }
    if is("transfer_method", &["remote_url"]) && !says("url") && !says("remote_url") {
        return Err(Error::invalid("files", "missing file url"));
    }
    Ok(())
}

/// Kinds of files.
const KINDS: [&str; 5] = ["image", "document", "audio", "video", "custom"];

/// What the app takes of the files that a request names: without `accepts` none at all, and without complaint.
pub fn accept(
    accepts: Option<&Attachments>,
    files: Result<Vec<MessageFile>>,
) -> Result<Vec<MessageFile>> {
    let Some(accepts) = accepts else {
        return Ok(Vec::new());
    };
    let files = files?;
    if files.len() > accepts.limit {
        let message = format!(
            "Number of files exceeds the maximum limit {}",
            accepts.limit
        );
        return Err(Error::invalid("files", message));
    }
    files.iter().try_for_each(|file| accepts.allow(file))?;
    Ok(files)
}

async fn read_one(
    ctx: &Context,
    scope: &Scope,
    user: &EndUser,
    mapping: &Value,
) -> Result<MessageFile> {
    let refuse = |message: &str| Error::invalid("files", message);
    let Some(mapping) = mapping.as_object() else {
        return Err(refuse("a file must be an object"));
    };
    let text = |key: &str| {
        mapping
            .get(key)
            .and_then(Value::as_str)
            .map(str::trim)
            .filter(|text| !text.is_empty())
    };
    let kind = text("type").ok_or_else(|| refuse("missing file type"))?;
    if !KINDS.contains(&kind) {
        return Err(refuse("Invalid file type"));
    }
    let mut file = MessageFile {
        id: ctx.uuid(),
        kind: kind.to_owned(),
        transfer_method: text("transfer_method").unwrap_or_default().to_owned(),
        url: None,
        upload_file_id: None,
        filename: String::new(),
        mime_type: String::new(),
        size: 0,
    };
    match file.transfer_method.as_str() {
        "remote_url" => {
            let url = text("url")
                .or_else(|| text("remote_url"))
                .ok_or_else(|| refuse("missing file url"))?;
            // Whoever fetches it may stand inside: a model on this machine, for one.
            if let Err(error) = ports::outgoing::check(url) {
                return Err(refuse(&format!("Invalid file url: {error}")));
            }
            let path = url.split(['?', '#']).next().unwrap_or_default();
            file.filename = path.rsplit('/').next().unwrap_or_default().to_owned();
            file.url = Some(url.to_owned());
        }
        "local_file" => {
            let id = text("upload_file_id").ok_or_else(|| refuse("missing upload_file_id"))?;
            let id = crate::id::uuid(id).ok_or_else(|| refuse("Invalid upload file id format"))?;
            let found = get(scope, &id)
                .await?
                .filter(|found| found.end_user_id == user.id);
            let found = found.ok_or_else(|| refuse("Invalid upload file"))?;
            (file.filename, file.mime_type, file.size) = (found.name, found.mime_type, found.size);
            file.upload_file_id = Some(id);
        }
        _ => return Err(refuse("Invalid file transfer method")),
    }
    Ok(file)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_apps_accept() {
        let parse = |value: Value| Attachments::parse(value.as_object().unwrap());
        assert_eq!(parse(json!({})), None);
        assert_eq!(parse(json!({"image": {"enabled": false}})), None);
        let file = |kind: &str, method: &str, name: &str| MessageFile {
            id: String::new(),
            kind: kind.to_owned(),
            transfer_method: method.to_owned(),
            url: None,
            upload_file_id: None,
            filename: name.to_owned(),
            mime_type: String::new(),
            size: 0,
        };
        let images = json!({"image": {"enabled": true, "transfer_methods": ["local_file"]}});
        let new = json!({"enabled": true, "allowed_file_types": ["document", "custom"],
            "allowed_file_extensions": [".LOG"], "allowed_file_upload_methods": ["local_file", "remote_url"]});
        for (config, file, expect) in [
            (&images, file("image", "local_file", "a.png"), true),
            (&images, file("image", "remote_url", "a.png"), false),
            (&images, file("document", "local_file", "a.pdf"), false),
            (&new, file("document", "remote_url", "a.pdf"), true),
            (&new, file("image", "local_file", "a.png"), false),
            (&new, file("image", "local_file", "a.log"), true),
        ] {
            assert_eq!(
                parse(config.clone()).unwrap().allow(&file).is_ok(),
                expect,
                "{file:?}"
            );
        }
    }
}
