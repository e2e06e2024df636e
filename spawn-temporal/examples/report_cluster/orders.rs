//! Stands for the database of the orders, which every worker can reach.

use crate::pdf::{Month, Order};

pub const YEAR: u32 = 2025;

pub const CUSTOMERS: [&str; 4] = [
    "Alder & Finch Bakery",
    "Café Lumière",
    "Harbour Roasters",
    BROKEN_CUSTOMER,
];

/// Its orders cannot be read, and a report of them panics.
pub const BROKEN_CUSTOMER: &str = "Bobby Tables Ltd";

/// With the price of one, in cents.
const PRODUCTS: [(&str, i64); 4] = [
    ("House blend, 1 kg", 2_190),
    ("Single origin Sidamo, 500 g", 1_690),
    ("Paper filters, 100", 540),
    ("Grinder burrs", 6_900),
];

#[derive(Clone)]
pub struct Orders;

impl Orders {
    /// The same orders on every machine.
    pub async fn of(&self, customer: &str, month: Month) -> Option<Vec<Order>> {
        let index = CUSTOMERS.iter().position(|one| *one == customer)?;
        assert_ne!(
            customer, BROKEN_CUSTOMER,
            "the orders of {customer} are broken"
        );
        let count = 30 + 25 * i64::from(month.month);
        let orders = (0..count).map(|number| {
            let (product, price) = PRODUCTS[(number as usize * 7 + index) % PRODUCTS.len()];
            let quantity = 1 + (number * 5 + i64::from(month.month)) % 9;
            Order {
                ordered_on: format!(
                    "{:04}-{:02}-{:02}",
                    month.year,
                    month.month,
                    1 + number * 28 / count
                ),
                product: product.to_owned(),
                quantity,
                total_cents: quantity * price,
            }
        });
        Some(orders.collect())
    }
}
