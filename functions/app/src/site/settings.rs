//! What an app's page looks like, and its code.

use super::{close, open};
use crate::{
    Context, Error, Result,
    apps::{self, App, Site},
};

/// What is to be changed; what is `None` stays. An empty text takes a setting back.
#[derive(Clone, Debug, Default)]
pub struct Change {
    /// Instead of the app's name.
    pub title: Option<String>,
    /// Instead of the app's description.
    pub description: Option<String>,
    /// A CSS colour.
    pub chat_color_theme: Option<String>,
    /// Light text on dark.
    pub chat_color_theme_inverted: Option<bool>,
    /// Shown at the foot.
    pub copyright: Option<String>,
    /// A URL.
    pub privacy_policy: Option<String>,
    /// Shown at the foot, at most 512 characters.
    pub custom_disclaimer: Option<String>,
    /// In the empty input, at most 64 characters.
    pub input_placeholder: Option<String>,
    /// Such as `en-US`.
    pub default_language: Option<String>,
    /// Whether steps are shown.
    pub show_workflow_steps: Option<bool>,
    /// `emoji`, `image` or `link`.
    pub icon_type: Option<String>,
    /// An emoji, a file id or a URL.
    pub icon: Option<String>,
    /// A CSS colour.
    pub icon_background: Option<String>,
    /// The icon stands beside answers.
    pub use_icon_as_answer_icon: Option<bool>,
}

/// Changes an app's page.
pub async fn set(ctx: &Context, tenant_id: &str, id: &str, change: &Change) -> Result<App> {
    check(change)?;
    let app = apps::change(ctx, tenant_id, id, |app| {
        apply(change, app);
        Ok(())
    })
    .await?;
    open(ctx, &app).await?;
    Ok(app)
}

/// Gives an app's page another code: links to it and passports of the old one end.
pub async fn reset_code(ctx: &Context, tenant_id: &str, id: &str) -> Result<App> {
    let code = ctx.token(16);
    let mut old = String::new();
    let app = apps::change(ctx, tenant_id, id, |app| {
        old = std::mem::replace(&mut app.site.code, code.clone());
        Ok(())
    })
    .await?;
    open(ctx, &app).await?;
    // Last: until then it leads to an app whose code is another, and so nowhere.
    close(ctx, &old).await?;
    Ok(app)
}

fn apply(change: &Change, app: &mut App) {
    let text = |old: &mut Option<String>, new: &Option<String>| {
        if let Some(new) = new {
            *old = Some(new.trim().to_owned()).filter(|new| !new.is_empty());
        }
    };
    text(&mut app.icon_type, &change.icon_type);
    text(&mut app.icon, &change.icon);
    text(&mut app.icon_background, &change.icon_background);
    if let Some(flag) = change.use_icon_as_answer_icon {
        app.use_icon_as_answer_icon = flag;
    }
    let site: &mut Site = &mut app.site;
    text(&mut site.title, &change.title);
    text(&mut site.description, &change.description);
    text(&mut site.chat_color_theme, &change.chat_color_theme);
    text(&mut site.copyright, &change.copyright);
    text(&mut site.privacy_policy, &change.privacy_policy);
    text(&mut site.custom_disclaimer, &change.custom_disclaimer);
    text(&mut site.input_placeholder, &change.input_placeholder);
    text(&mut site.default_language, &change.default_language);
    if let Some(flag) = change.chat_color_theme_inverted {
        site.chat_color_theme_inverted = flag;
    }
    site.show_workflow_steps = change.show_workflow_steps.or(site.show_workflow_steps);
}

fn check(change: &Change) -> Result<()> {
    for (param, value, longest) in [
        ("title", &change.title, 255),
        ("description", &change.description, 400),
        ("chat_color_theme", &change.chat_color_theme, 64),
        ("copyright", &change.copyright, 255),
        ("privacy_policy", &change.privacy_policy, 255),
        ("custom_disclaimer", &change.custom_disclaimer, 512),
        ("input_placeholder", &change.input_placeholder, 64),
        ("default_language", &change.default_language, 32),
        ("icon_type", &change.icon_type, 32),
        ("icon", &change.icon, 2_048),
        ("icon_background", &change.icon_background, 64),
    ] {
        let length = value.as_ref().map_or(0, |value| value.chars().count());
        if length > longest {
            let message = format!("{param} has {length} characters, and {longest} are allowed");
            return Err(Error::invalid(param, message));
        }
    }
    // It becomes a link on a public page.
    if let Some(link) = change.privacy_policy.as_deref().map(str::trim)
        && !link.is_empty()
        && !["https://", "http://"]
            .iter()
            .any(|scheme| link.starts_with(scheme))
    {
        let message = "privacy_policy must be a http or https address";
        return Err(Error::invalid("privacy_policy", message));
    }
    // It becomes part of a style.
    let plain = |c: char| c.is_ascii_alphanumeric() || "#(),.% ".contains(c);
    for (param, colour) in [
        ("chat_color_theme", &change.chat_color_theme),
        ("icon_background", &change.icon_background),
    ] {
        if colour
            .as_ref()
            .is_some_and(|colour| !colour.chars().all(plain))
        {
            return Err(Error::invalid(
                param,
                format!("{param} must be a CSS colour"),
            ));
        }
    }
    Ok(())
}
