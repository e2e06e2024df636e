use spawn_runtime::background;

pub struct Report {
    pub title: String,
    pub pages: u32,
}

impl Report {
    pub fn render(&self) -> String {
        self.title.clone()
    }
}

#[background]
pub async fn half_typed(report: Report) -> u32 {
    let copy = report;
    copy. // complete: pages render title
}

#[background(nope)]
pub async fn beside_errors(report: &Report) -> u32 {
    report. // complete: pages render title
}

#[background(limit = 3)]
pub async fn before_other_code(report: Report) -> u32 {
    if report.pages > 3 {
        report.ren // complete: render
    }
    3
}

pub fn caller(report: Report) {
    let handle = before_other_code(report);
    handle. // complete: abort detach await name
}

pub fn caller_of_a_mistake(report: Report) {
    let handle = beside_errors(&report);
    handle. // complete: abort detach await name
}
