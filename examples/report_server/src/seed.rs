//! The example's data: twelve customers and a year of their orders, the same on every machine.

use rusqlite::{Connection, params};

use crate::pdf::Month;

/// The year that the orders are from.
pub const YEAR: u32 = 2025;

/// Its orders are broken: they have a quantity of 0, and making a report of them panics.
pub const BROKEN_CUSTOMER: &str = "Bobby Tables Ltd";

/// What is said beside its name.
pub const ON_PURPOSE: &str = "fails on purpose";

const CUSTOMERS: [&str; 12] = [
    "Alder & Finch Bakery",
    "Café Lumière",
    "Corner House Hotel",
    "Harbour Roasters",
    "Kaffeehaus Müller",
    "Little Owl Bookshop",
    "North Pier Restaurant",
    "O'Brien & Daughters <Wholesale>",
    "Quay Street Kitchen",
    "Sunday Market Collective",
    "Twelve Steps Coworking",
    BROKEN_CUSTOMER,
];

/// With the price of one, in cents.
const PRODUCTS: [(&str, u64); 14] = [
    ("House blend, 1 kg", 2_190),
    ("Espresso Nº 4, 1 kg", 2_450),
    ("Decaf, 500 g", 1_390),
    ("Single origin Sidamo, 500 g", 1_690),
    ("Cold brew concentrate, 1 l", 1_150),
    ("Paper filters, 100", 540),
    ("Ceramic dripper", 2_350),
    ("Glass server, 600 ml", 2_790),
    ("Milk pitcher, 350 ml", 1_850),
    ("Cupping spoon", 990),
    ("Descaler, 1 l", 1_290),
    ("Grinder burrs", 6_900),
    ("Takeaway cups, 50", 880),
    ("Barista apron", 3_450),
];

pub fn fill_if_empty(connection: &mut Connection) -> rusqlite::Result<()> {
    // In one transaction: a process that is killed meanwhile leaves an empty database, not half a one.
    let transaction = connection.transaction()?;
    let customers: i64 =
        transaction.query_row("SELECT count(*) FROM customers", [], |row| row.get(0))?;
    if customers > 0 {
        return Ok(());
    }
    let mut numbers = Numbers(0x5eed);
    {
        let mut insert_customer =
            transaction.prepare("INSERT INTO customers (id, name) VALUES (?1, ?2)")?;
        let mut insert_order = transaction.prepare(
            "INSERT INTO orders (customer_id, ordered_on, product, quantity, total_cents)
             VALUES (?1, ?2, ?3, ?4, ?5)",
        )?;
        for (id, customer) in (1_i64..).zip(CUSTOMERS) {
            insert_customer.execute(params![id, customer])?;
            for month in 1..=12 {
                let month = Month { year: YEAR, month };
                let mut days: Vec<u64> = (0..28 + numbers.below(28))
                    .map(|_| 1 + numbers.below(month.days().into()))
                    .collect();
                days.sort_unstable();
                for day in days {
                    let (product, price) = PRODUCTS[numbers.below(14) as usize];
                    let quantity = 1 + numbers.below(24);
                    let sold = if customer == BROKEN_CUSTOMER {
                        0
                    } else {
                        quantity
                    };
                    insert_order.execute(params![
                        id,
                        format!("{month}-{day:02}"),
                        product,
                        sold,
                        quantity * price,
                    ])?;
                }
            }
        }
    }
    transaction.commit()
}

/// A small generator of numbers that look random: Knuth's constants, high bits only.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % bound
    }
}
