//! Namespaces that come and go.

use regex::Regex;
use serde_json::{Value, json};
use socketio::{Data, Error, Observer, Params, SocketIo};

use super::Driver;
use super::commands::Of;
use crate::driver::console::misused;

impl Driver {
    pub(super) fn of(&self, of: Of, io: &SocketIo) {
        let (key, regex) = match of {
            Of { nsp: Some(name), key: None, regex: None, r#dyn: None } => {
                return io.add_namespace(&name, self.namespace(&name));
            }
            Of { nsp: None, key: Some(key), regex: Some(regex), r#dyn: None } => {
                let regex = Regex::new(&regex)
                    .unwrap_or_else(|error| misused(&format!("{regex} is no pattern: {error}")));
                (key, Some(regex))
            }
            Of { nsp: None, key: Some(key), regex: None, r#dyn: Some(true) } => (key, None),
            _ => misused("a namespace has a name, or a key and a regex or dyn"),
        };
        let (driver, parent) = (self.clone(), key.clone());
        let predicate = async move |Params(name): Params<String>, Data(auth): Data<Value>| {
            driver.clone().decide(&parent, format!("/{name}"), auth, regex.clone()).await
        };
        let pattern = {
            let mut state = self.state();
            let pattern = format!("/{{*family{}}}", state.families.len()); // no two alike
            state.families.insert(key.clone(), pattern.clone());
            pattern
        };
        io.add_namespace_if(&pattern, predicate, self.namespace(&key));
    }

    /// Says whether a namespace of that name comes into being.
    async fn decide(
        self,
        key: &str,
        name: String,
        auth: Value,
        regex: Option<Regex>,
    ) -> Result<(), Error> {
        let allows = match regex {
            Some(regex) => regex.is_match(&name),
            None => {
                let fields = json!({ "key": key, "nsp": name, "auth": auth });
                let answer = self.console.ask("dyn", fields).await;
                answer.first().is_none_or(Value::is_null)
                    && answer.get(1) == Some(&Value::Bool(true))
            }
        };
        if !allows {
            return Err(Error::new("no such namespace"));
        }
        self.state().parents.insert(name, key.to_owned());
        Ok(())
    }

    pub(super) fn new_namespace(&self, name: &str) {
        self.say_of("new_namespace", name);
    }

    fn say_of(&self, event: &str, name: &str) {
        if name == "/" {
            return;
        }
        let parent = self.state().parents.get(name).cloned();
        self.console.say(event, json!({ "name": name, "parent": parent }));
    }
}

impl Observer for Driver {
    fn namespace_removed(&self, namespace: &str) {
        self.say_of("del_namespace", namespace);
    }
}
