//! A browser without a window, driven by the DevTools protocol over a pipe: no port, no server, nothing to race for.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};

use data_encoding::BASE64;
use serde_json::{Value, json};
use tempfile::TempDir;

/// How long the browser may take for anything; what takes longer has failed.
const PATIENCE: Duration = Duration::from_secs(60);

/// A browser with one page open.
pub struct Browser {
    process: Child,
    commands: ChildStdin,
    messages: Receiver<Value>,
    session: Option<String>,
    last_id: u64,
    /// What the page complained about: exceptions, errors on the console, requests for anything from elsewhere.
    complaints: Vec<String>,
    /// What the addresses of requests may begin with.
    home: String,
    _profile: TempDir,
}

impl Browser {
    /// Starts Chromium with an empty profile and a window of this size, and opens a page of a report.
    #[allow(dead_code, reason = "other tests open pages of servers")]
    pub fn open(report: &Path, place: &str, size: (u32, u32)) -> Self {
        let mut browser = Self::empty("file:", size);
        browser.load(report, place);
        browser
    }

    /// Starts Chromium with an empty profile, an empty page, and a window of this size. Requests for anything but what begins
    /// with `home` are complaints.
    pub fn empty(home: &str, (width, height): (u32, u32)) -> Self {
        let mut browser = Self::start(home, (width, height));
        let target = browser.call("Target.createTarget", json!({"url": "about:blank"}));
        let attached =
            browser.call("Target.attachToTarget", json!({"targetId": target["targetId"], "flatten": true}));
        browser.session = attached["sessionId"].as_str().map(str::to_owned);
        for domain in ["Page", "Runtime", "Log", "Network"] {
            browser.call(&format!("{domain}.enable"), json!({}));
        }
        browser.call(
            "Emulation.setDeviceMetricsOverride",
            json!({"width": width, "height": height, "deviceScaleFactor": 1, "mobile": false}),
        );
        browser
    }

    /// Loads a page of a report, anew where it is open already.
    #[allow(dead_code, reason = "other tests open pages of servers")]
    pub fn load(&mut self, report: &Path, place: &str) {
        self.go(&format!("file://{}{place}", report.join("report.html").display()));
    }

    /// Loads the page of an address.
    pub fn go(&mut self, url: &str) {
        // The answer comes when the new page has taken the old one's place, but is not read to its end.
        self.call("Page.navigate", json!({"url": url}));
        self.wait_for("document.readyState === 'complete'");
    }

    fn start(home: &str, (width, height): (u32, u32)) -> Self {
        let chromium = std::env::var("CHROMIUM").unwrap_or_else(|_| "chromium".to_owned());
        let profile = tempfile::tempdir().unwrap();
        // Chromium reads commands from descriptor 3 and writes messages to descriptor 4.
        let mut process = Command::new("sh")
            .args(["-c", r#"command -v "$0" >/dev/null && exec "$0" "$@" 3<&0 4>&1 </dev/null >/dev/null"#])
            .arg(&chromium)
            .args([
                "--headless",
                "--no-sandbox",
                "--disable-gpu",
                "--disable-quic",
                "--disable-background-networking",
                "--disable-component-update",
                "--disable-sync",
                "--disable-dev-shm-usage",
                "--no-first-run",
                "--force-color-profile=srgb",
                "--remote-debugging-pipe",
            ])
            .arg(format!("--window-size={width},{height}"))
            .arg(format!("--user-data-dir={}", profile.path().display()))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let commands = process.stdin.take().unwrap();
        let mut answers = BufReader::new(process.stdout.take().unwrap());
        let (sender, messages) = channel();
        thread::spawn(move || {
            let mut message = Vec::new();
            while answers.read_until(0, &mut message).is_ok_and(|length| length > 0) {
                message.pop();
                let is_heard = serde_json::from_slice(&message).is_ok_and(|value| sender.send(value).is_ok());
                if !is_heard {
                    break;
                }
                message.clear();
            }
        });
        let complaints = Vec::new();
        let home = home.to_owned();
        let mut browser = Self {
            process,
            commands,
            messages,
            session: None,
            last_id: 0,
            complaints,
            home,
            _profile: profile,
        };
        let greeting = browser.try_call("Browser.getVersion", json!({}));
        assert!(
            greeting.is_some(),
            "{chromium} does not start, and this test needs it: install Chromium (apt-get install chromium), or set \
             CHROMIUM to the program of another browser of its kind"
        );
        browser
    }

    /// Calls a method of the DevTools protocol and waits for its result.
    pub fn call(&mut self, method: &str, params: Value) -> Value {
        self.try_call(method, params)
            .unwrap_or_else(|| panic!("the browser ended while it was asked for {method}"))
    }

    /// As [`Self::call`]; nothing where there is no browser.
    fn try_call(&mut self, method: &str, params: Value) -> Option<Value> {
        self.last_id += 1;
        let id = self.last_id;
        let mut command = json!({"id": id, "method": method, "params": params});
        if let Some(session) = &self.session {
            command["sessionId"] = json!(session);
        }
        let mut command = command.to_string().into_bytes();
        command.push(0);
        self.commands.write_all(&command).ok()?;
        self.commands.flush().ok()?;
        let deadline = Instant::now() + PATIENCE;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            let message = match self.messages.recv_timeout(left) {
                Ok(message) => message,
                Err(RecvTimeoutError::Disconnected) => return None,
                Err(RecvTimeoutError::Timeout) => {
                    panic!("the browser did not answer {method} in {PATIENCE:?}")
                }
            };
            if message["id"] == id {
                // Asked while the next page takes the place of this one: there is no answer yet.
                if message["error"]["message"] == "Inspected target navigated or closed" {
                    return Some(Value::Null);
                }
                assert!(message["error"].is_null(), "{method}: {}", message["error"]);
                return Some(message["result"].clone());
            }
            self.note(&message);
        }
    }

    /// Keeps what an event says against the page.
    fn note(&mut self, message: &Value) {
        let params = &message["params"];
        let complaint = match message["method"].as_str() {
            Some("Runtime.exceptionThrown") => Some(params["exceptionDetails"].to_string()),
            Some("Log.entryAdded") if params["entry"]["level"] == "error" => {
                Some(params["entry"].to_string())
            }
            Some("Runtime.consoleAPICalled") if params["type"] == "error" => Some(params["args"].to_string()),
            Some("Network.requestWillBeSent") => {
                let url = params["request"]["url"].as_str().unwrap_or_default();
                (!url.starts_with(&self.home)).then(|| format!("a request for {url}"))
            }
            _ => None,
        };
        self.complaints.extend(complaint);
    }

    /// Everything that was complained about so far.
    pub fn complaints(&mut self) -> &[String] {
        // An answer comes after all events before it.
        self.evaluate("0");
        &self.complaints
    }

    /// The value of a JavaScript expression, once it is settled.
    pub fn evaluate(&mut self, expression: &str) -> Value {
        let params = json!({"expression": expression, "returnByValue": true, "awaitPromise": true});
        let outcome = self.call("Runtime.evaluate", params);
        assert!(outcome["exceptionDetails"].is_null(), "{expression}: {}", outcome["exceptionDetails"]);
        outcome["result"]["value"].clone()
    }

    /// Waits until an expression is true.
    pub fn wait_for(&mut self, expression: &str) {
        let deadline = Instant::now() + PATIENCE;
        while self.evaluate(&format!("Boolean({expression})")) != true {
            if Instant::now() > deadline {
                let text = self.evaluate("document.body.innerText");
                panic!(
                    "{expression} did not come true in {PATIENCE:?}; complaints: {:?}; page: {text}",
                    self.complaints
                );
            }
            thread::sleep(Duration::from_millis(10));
        }
    }

    /// Waits until the visible text contains `text`.
    #[allow(dead_code, reason = "not every test needs it")]
    pub fn wait_for_text(&mut self, text: &str) {
        self.wait_for(&format!("document.body.innerText.includes({})", json!(text)));
    }

    /// The text of the first element that a CSS selector fits.
    #[allow(dead_code, reason = "not every test needs it")]
    pub fn text(&mut self, selector: &str) -> String {
        let found = self.evaluate(&format!("document.querySelector({})?.innerText", json!(selector)));
        found.as_str().unwrap_or_else(|| panic!("no element {selector}")).to_owned()
    }

    /// Clicks in the middle of the first visible element that a CSS selector fits.
    #[allow(dead_code, reason = "not every test needs it")]
    pub fn click(&mut self, selector: &str) {
        let middle = self.evaluate(&format!(
            "(() => {{ const found = [...document.querySelectorAll({})].find((e) => e.checkVisibility()); \
             found.scrollIntoView({{ block: 'nearest' }}); const box = found.getBoundingClientRect(); \
             return [box.x + Math.min(box.width / 2, 60), box.y + box.height / 2]; }})()",
            json!(selector)
        ));
        for kind in ["mousePressed", "mouseReleased"] {
            self.call(
                "Input.dispatchMouseEvent",
                json!({"type": kind, "x": middle[0], "y": middle[1], "button": "left", "clickCount": 1}),
            );
        }
    }

    /// Presses a key that types nothing, by its name in `KeyboardEvent.key`.
    #[allow(dead_code, reason = "not every test needs it")]
    pub fn press(&mut self, key: &str) {
        let (code, text) = match key {
            "Tab" => (9, ""),
            "Enter" => (13, "\r"),
            "Escape" => (27, ""),
            "End" => (35, ""),
            "Home" => (36, ""),
            "ArrowUp" => (38, ""),
            "ArrowDown" => (40, ""),
            _ => panic!("{key} is no key that these tests use"),
        };
        let down = if text.is_empty() { "rawKeyDown" } else { "keyDown" };
        self.call(
            "Input.dispatchKeyEvent",
            json!({"type": down, "key": key, "code": key, "windowsVirtualKeyCode": code, "text": text}),
        );
        self.call(
            "Input.dispatchKeyEvent",
            json!({"type": "keyUp", "key": key, "code": key, "windowsVirtualKeyCode": code}),
        );
    }

    /// Types text into what has the focus.
    #[allow(dead_code, reason = "not every test needs it")]
    pub fn type_text(&mut self, text: &str) {
        self.call("Input.insertText", json!({"text": text}));
    }

    /// Writes a picture of the window.
    pub fn screenshot(&mut self, path: &Path) {
        let picture = self.call("Page.captureScreenshot", json!({"format": "png"}));
        let png = BASE64.decode(picture["data"].as_str().unwrap().as_bytes()).unwrap();
        std::fs::write(path, png).unwrap();
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // The browser ends in its own time when it is asked to, and at once when it is not there to be asked.
        let _ = self.commands.write_all(b"{\"id\":0,\"method\":\"Browser.close\"}\0");
        let _ = self.process.wait();
    }
}
